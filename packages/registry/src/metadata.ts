import { RegistryUnavailableError } from "@fleet/core";

import type { RegistryContext } from "./context.ts";
import type { MetadataChange } from "./registry.ts";

/** How often a value is written again because it had just changed. */
const WRITE_ATTEMPTS_MAX = 5;

/**
 * Sets one dynamic key of a machine. What is under way when the request is given up may come late, and then undoes nothing
 * newer: it is for the value that was read before.
 */
export async function setMetadata(
  { store, keys }: RegistryContext,
  { machine, key: name, value }: MetadataChange,
  signal: AbortSignal,
): Promise<void> {
  const key = keys.metadata(machine, name);
  for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt += 1) {
    const { items } = await store.range({ start: key, keysOnly: true }, signal);
    const revision = items[0]?.modRevision ?? 0;
    const compare = [{ key, on: "mod", revision }] as const;
    const success = [{ kind: "put", key, value }] as const;
    if ((await store.txn({ compare, success }, signal)).succeeded) return;
  }
  throw new RegistryUnavailableError(`${key}: changed whenever it was about to be written`);
}
