import { fleetItems, hasFleetOptions } from "./fleet-options.ts";
import { DEFAULT_MOVING, type Moving, movingOf } from "./moving.ts";
import type { UnitFile } from "./unit-file.ts";
import { wordsOf } from "./white-space.ts";

/** What the `[X-Fleet]` section of one unit asks for, specifiers expanded, old spellings folded in. */
export interface Requirements extends Moving {
  /** Full or short (8 characters) machine ID; "" is a requirement nothing meets. */
  readonly machineId: string | undefined;
  /** Names of units that must be on the same machine (`MachineOf`). Not validated: may name nothing. */
  readonly peers: readonly string[];
  /** Per key the accepted values: any value of a key, every key (`MachineMetadata`). */
  readonly metadata: ReadonlyMap<string, ReadonlySet<string>>;
  /** Globs against full unit names (`Conflicts`). */
  readonly conflicts: readonly string[];
  /** Globs against full unit names (`Replaces`). */
  readonly replaces: readonly string[];
  readonly global: boolean;
}

/** What a unit asks for that says nothing to fleet. */
export const NO_REQUIREMENTS: Requirements = {
  machineId: undefined,
  peers: [],
  metadata: new Map(),
  conflicts: [],
  replaces: [],
  global: false,
  ...DEFAULT_MOVING,
};

const TRUE_WORDS: ReadonlySet<string> = new Set(["true", "yes", "1", "on", "t"]);

/**
 * Reads the `[X-Fleet]` section of a unit. Without a name the specifiers stay as they are. Never
 * fails: what cannot be understood is ignored, as in fleet.
 */
export function requirementsOf(name: string | undefined, file: UnitFile): Requirements {
  if (!hasFleetOptions(file)) return NO_REQUIREMENTS;
  return {
    machineId:
      fleetItems(file, "MachineID", name)[0] ??
      fleetItems(file, "X-ConditionMachineID", name)[0] ??
      fleetItems(file, "X-ConditionMachineBootID", name)[0],
    peers: [
      ...fleetItems(file, "X-ConditionMachineOf", name),
      ...fleetItems(file, "MachineOf", name),
    ],
    metadata: metadataOf([
      ...fleetItems(file, "X-ConditionMachineMetadata", name),
      ...fleetItems(file, "MachineMetadata", name),
    ]),
    conflicts: [
      ...fleetItems(file, "X-Conflicts", name),
      ...fleetItems(file, "Conflicts", name),
    ].flatMap(wordsOf),
    replaces: fleetItems(file, "Replaces", name),
    global: isGlobal(file, name),
    ...movingOf(file),
  };
}

/** Whether a unit runs on every machine that accepts it. `name` is for `Global=%i` and its like. */
export function isGlobal(file: UnitFile, name?: string): boolean {
  const last = fleetItems(file, "Global", name).at(-1);
  return last !== undefined && TRUE_WORDS.has(last.toLowerCase());
}

/** The items of `MachineMetadata` that are no `key=value`, so that nothing is required by them. */
export function idleMetadata(file: UnitFile): readonly string[] {
  const items = [
    ...fleetItems(file, "X-ConditionMachineMetadata", undefined),
    ...fleetItems(file, "MachineMetadata", undefined),
  ];
  return items.filter((item) => pairIn(item) === undefined);
}

/** Groups `key=value` items by key; what is none says nothing. */
function metadataOf(items: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const metadata = new Map<string, Set<string>>();
  for (const item of items) {
    const pair = pairIn(item);
    if (pair === undefined) continue;
    const values = metadata.get(pair.key);
    if (values === undefined) metadata.set(pair.key, new Set([pair.value]));
    else values.add(pair.value);
  }
  return metadata;
}

/** Undefined for an item with no or several `=`, or with an empty half. */
function pairIn(item: string): { readonly key: string; readonly value: string } | undefined {
  const [key, value, ...more] = item.split("=");
  return !key || !value || more.length > 0 ? undefined : { key, value };
}
