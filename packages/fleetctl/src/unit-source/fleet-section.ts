import { idleMetadata, isGlobal, type UnitFile, unknownFleetKeys } from "@fleet/core";

/** Every option that fleet's messages speak of, with the word for it there. */
const WORDS: ReadonlyMap<string, RegExp> = new Map([
  ["MachineID", /\bMachineID\b/],
  ["X-ConditionMachineID", /\bMachineID\b/],
  ["X-ConditionMachineBootID", /\bMachineID\b/],
  ["MachineOf", /\bpeers?\b/i],
  ["X-ConditionMachineOf", /\bpeers?\b/i],
  ["Conflicts", /\bconflicts?\b/i],
  ["X-Conflicts", /\bconflicts?\b/i],
  ["Replaces", /\breplaces?\b/i],
  ["Global", /\bGlobal\b/],
  ["MoveAfter", /^MoveAfter\b/],
  ["OnIsolation", /^OnIsolation\b/],
  ["Handover", /^Handover\b|\bHandover=start-first$/],
]);
const FALSE_WORDS: ReadonlySet<string> = new Set(["", "false", "no", "0", "off", "f"]);

/** The options of a file that fleet's message speaks of, be it in other words: `["MachineOf"]`. */
export function optionsMeantBy(message: string, file: UnitFile): readonly string[] {
  const named = optionsIn(file).filter(({ name }) => WORDS.get(name)?.test(message) === true);
  return [...new Set(named.map(({ name }) => name))];
}

/** What is hardly meant as it stands: fleet takes it, and it has no effect. */
export function doubtsIn(file: UnitFile): readonly string[] {
  return [
    ...unknownFleetKeys(file).map(
      (key) => `unrecognized requirement in [X-Fleet] section: "${key}"`,
    ),
    ...idleMetadata(file).map(
      (item) =>
        `unrecognized value of MachineMetadata in [X-Fleet] section: "${item}" is no key=value and requires nothing`,
    ),
    ...doubtfulGlobal(file),
  ];
}

function doubtfulGlobal(file: UnitFile): readonly string[] {
  const global = optionsIn(file).findLast(({ name }) => name === "Global");
  if (global === undefined || FALSE_WORDS.has(global.value.toLowerCase())) return [];
  if (isGlobal(file, "a.service")) return [];
  return [
    `unrecognized value of Global in [X-Fleet] section: "${global.value}" is taken for false`,
  ];
}

function optionsIn(file: UnitFile): UnitFile {
  return file.filter(({ section }) => section === "X-Fleet");
}
