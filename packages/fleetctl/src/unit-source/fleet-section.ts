import { isGlobal, type UnitFile, unknownFleetKeys } from "@fleet/core";

/** Every spelling of an option, with the word for it in fleet's messages. */
const WORDS: ReadonlyMap<string, RegExp> = new Map([
  ["X-ConditionMachineID", /\bMachineID\b/],
  ["X-ConditionMachineBootID", /\bMachineID\b/],
  ["MachineOf", /\bpeers?\b/i],
  ["X-ConditionMachineOf", /\bpeers?\b/i],
  ["Conflicts", /\bconflict\b/],
  ["X-Conflicts", /\bconflicts?\b/i],
  ["Replaces", /\breplace\b/],
]);
const FALSE_WORDS: ReadonlySet<string> = new Set(["", "false", "no", "0", "off", "f"]);

/** The options of a file that fleet's message speaks of in other words: ` (MachineOf)`; "" when there are none. */
export function writtenFor(message: string, file: UnitFile): string {
  const named = optionsIn(file).filter(({ name }) => WORDS.get(name)?.test(message) === true);
  const names = [...new Set(named.map(({ name }) => name))];
  return names.length === 0 ? "" : ` (${names.join(", ")})`;
}

/** What is hardly meant as it stands: fleet takes it, and it has no effect. */
export function doubtsIn(file: UnitFile): readonly string[] {
  const unknown = unknownFleetKeys(file).map(
    (key) => `unrecognized requirement in [X-Fleet] section: "${key}"`,
  );
  const global = optionsIn(file).findLast(({ name }) => name === "Global");
  if (global === undefined || FALSE_WORDS.has(global.value.toLowerCase())) return unknown;
  if (isGlobal(file, "a.service")) return unknown;
  return [
    ...unknown,
    `unrecognized value of Global in [X-Fleet] section: "${global.value}" is taken for false`,
  ];
}

function optionsIn(file: UnitFile): UnitFile {
  return file.filter(({ section }) => section === "X-Fleet");
}
