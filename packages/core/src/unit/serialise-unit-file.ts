import { parseUnitFile } from "./parse-unit-file.ts";
import type { UnitFile, UnitOption } from "./unit-file.ts";

/**
 * The canonical text of a unit file: what is hashed, stored, shown by `fleetctl cat` and written on
 * machines. Sections stand in order of first appearance with all their
 * options; "" when there are none.
 */
export function serialiseUnitFile(file: UnitFile): string {
  const sections = Array.from(optionsBySection(file), ([section, options]) => {
    const lines = options.map(({ name, value }) => `${name}=${value}\n`);
    return `[${section}]\n${lines.join("")}`;
  });
  return sections.join("\n");
}

/**
 * The file as everyone will read it back: serialised, then parsed. Options that come from outside as
 * a list pass through here before they are hashed and stored, so that what is stored is what is read.
 * Normalising twice gives the same as once. fleet 1.0.0 skipped this step; it changes a file only
 * - where a list interleaves sections: each section's options come together;
 * - where a name or value has white space at its ends, or a line break that ends it early;
 * - where a name holds `=`, or starts as a comment or a section does;
 * - where a value ends in a backslash: it takes the next option of its section along, as systemd
 *   reads the stored text, or ends in a line feed when it is the last;
 * - where text is no valid Unicode: each bad half of a surrogate pair becomes U+FFFD.
 *
 * @throws {UnitFileError} with fleet's text when the written options cannot be read.
 */
export function normaliseUnitFile(file: UnitFile): UnitFile {
  const read = parseUnitFile(serialiseUnitFile(file));
  // A line break in what was given may have opened a section that was there before.
  return [...optionsBySection(read).values()].flat();
}

function optionsBySection(file: UnitFile): ReadonlyMap<string, readonly UnitOption[]> {
  const sections = new Map<string, UnitOption[]>();
  for (const option of file) {
    const options = sections.get(option.section);
    if (options === undefined) sections.set(option.section, [option]);
    else options.push(option);
  }
  return sections;
}
