import { parseUnitFile, type UnitName, UnitNameError, parseUnitName } from "@fleet/core";

/**
 * The names that a file asks for besides its own (`Alias=` in `[Install]`). What systemd puts a name together for (`%i`) is left out.
 */
export function aliasesIn(text: string): readonly UnitName[] {
  const options = parseUnitFile(text).filter(
    ({ section, name }) => section === "Install" && name === "Alias",
  );
  const words = options.flatMap(({ value }) => value.split(/\s+/));
  return words.flatMap((word) => {
    try {
      return [parseUnitName(word)];
    } catch (error) {
      if (error instanceof UnitNameError) return [];
      throw error;
    }
  });
}
