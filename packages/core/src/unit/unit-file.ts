/** One `Name=Value` line and the section it stands in. Values may contain `\⏎` (continuation). */
export interface UnitOption {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

/** A unit file as fleet stores, compares and hashes it: its options in order. */
export type UnitFile = readonly UnitOption[];

/** The first `Description` of section `Unit`, or "": the `desc` column of `list-unit-files`. */
export function descriptionOf(file: UnitFile): string {
  return (
    file.find((option) => option.section === "Unit" && option.name === "Description")?.value ?? ""
  );
}

/** Whether systemd has to be told to enable the unit: section `Install` has an option. */
export function hasInstallSection(file: UnitFile): boolean {
  return file.some((option) => option.section === "Install");
}
