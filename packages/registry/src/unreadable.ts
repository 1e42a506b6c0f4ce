import { RegistryDataError } from "./errors.ts";
import type { KeyMeaning } from "./keys.ts";
import type { UnreadableEntry } from "./registry.ts";

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
  if (meaning.kind === "leaving") return { key, problem };
  const unit = "unit" in meaning ? { unit: meaning.unit } : {};
  const machine = "machine" in meaning ? { machine: meaning.machine } : {};
  const hash = "hash" in meaning ? { hash: meaning.hash } : {};
  return { key, ...unit, ...machine, ...hash, problem };
}
