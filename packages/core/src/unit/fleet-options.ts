import type { UnitFile } from "./unit-file.ts";
import { unitNameParts } from "./unit-name-parts.ts";

/** The section that speaks to fleet; systemd ignores it, as it does every `X-` section. */
const SECTION = "X-Fleet";

/** The keys of `[X-Fleet]`: those of fleet 1.0.0, and below them those it does not know and ignores. */
export const FLEET_KEYS = [
  "MachineID",
  "X-ConditionMachineID",
  "X-ConditionMachineBootID",
  "MachineOf",
  "X-ConditionMachineOf",
  "Conflicts",
  "X-Conflicts",
  "MachineMetadata",
  "X-ConditionMachineMetadata",
  "Global",
  "Replaces",
  "MoveAfter",
  "OnIsolation",
  "Handover",
] as const;

export type FleetKey = (typeof FLEET_KEYS)[number];

const KNOWN: ReadonlySet<string> = new Set(FLEET_KEYS);

/** The keys of `[X-Fleet]` that mean nothing to fleet, each once, in order of first appearance. */
export function unknownFleetKeys(file: UnitFile): readonly string[] {
  const keys = file.filter((option) => option.section === SECTION && !KNOWN.has(option.name));
  return [...new Set(keys.map((option) => option.name))];
}

/**
 * All items of one key in file order, with the specifiers of `name` expanded. Without a name, or
 * with one that has no dot, `%n` and its like stay as they are.
 */
export function fleetItems(file: UnitFile, key: FleetKey, name: string | undefined): string[] {
  const items: string[] = [];
  for (const option of file) {
    if (option.name === key && option.section === SECTION) items.push(...splitItems(option.value));
  }
  return expandSpecifiers(items, name);
}

/** Whether a file says anything to fleet at all. */
export function hasFleetOptions(file: UnitFile): boolean {
  return file.some((option) => option.section === SECTION);
}

/**
 * Splits one value: a value that starts and ends with a double quote is a list of items parted by
 * single spaces outside quotes; any other value is one item. Quotes toggle and are dropped; there
 * are no escapes.
 */
function splitItems(value: string): readonly string[] {
  if (!value.startsWith('"') || !value.endsWith('"')) return [value];
  const items: string[] = [];
  let item = "";
  let quoted = false;
  for (const character of value) {
    if (character === '"') quoted = !quoted;
    else if (character !== " " || quoted) item += character;
    else {
      items.push(item);
      item = "";
    }
  }
  return [...items, item];
}

function expandSpecifiers(items: string[], name: string | undefined): string[] {
  if (name === undefined || !items.some((item) => item.includes("%"))) return items;
  const parts = unitNameParts(name);
  if (parts === undefined) return items;
  return items.map((item) =>
    item
      .replaceAll("%n", () => parts.name)
      .replaceAll("%N", () => parts.stem)
      .replaceAll("%p", () => parts.prefix)
      .replaceAll("%i", () => parts.instance),
  );
}
