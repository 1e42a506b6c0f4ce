import type { MachineId, UnitHash, UnitName } from "@fleet/core";

import { RegistryDataError } from "./errors.ts";
import type { KeyMeaning } from "./keys.ts";
import type { LeavingUnit } from "./moving-units.ts";

/** A value that another program broke. It is never read as "gone". */
export interface UnreadableEntry {
  readonly key: string;
  /** The unit the key speaks of, where its name can be read from the key. */
  readonly unit?: UnitName;
  /**
   * The machine the key speaks of, where its ID can be read from the key. With `unit`: that unit's
   * assignment to that machine; without: the machine's own record.
   */
  readonly machine?: MachineId;
  /** The unit file that is stored under the key. */
  readonly hash?: UnitHash;
  /** What the key marks as leaving. */
  readonly leaving?: Pick<LeavingUnit, "unit" | "machine">;
  readonly problem: string;
}

/** The value, or why it cannot be read: what is broken must not look as if it were gone. */
export function orUnreadable<T>(
  key: string,
  meaning: KeyMeaning,
  decode: () => T,
): { readonly value: T } | { readonly unreadable: UnreadableEntry } {
  try {
    return { value: decode() };
  } catch (error) {
    if (!(error instanceof RegistryDataError)) throw error;
    return { unreadable: unreadableEntry(key, meaning, error.message) };
  }
}

/** With the unit, the machine and the file that the key speaks of, as far as it does. */
export function unreadableEntry(
  key: string,
  meaning: KeyMeaning,
  problem: string,
): UnreadableEntry {
  // It names a unit and a machine, but is no assignment: nothing is known of either by it.
  if (meaning.kind === "leaving") {
    const { unit, machine } = meaning;
    return { key, leaving: { unit, machine }, problem };
  }
  const unit = "unit" in meaning ? { unit: meaning.unit } : {};
  const machine = "machine" in meaning ? { machine: meaning.machine } : {};
  const hash = "hash" in meaning ? { hash: meaning.hash } : {};
  return { key, ...unit, ...machine, ...hash, problem };
}
