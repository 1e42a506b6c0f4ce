import type { KeyRange } from "./keys.ts";
import { type KeyValue, type Operation, type Revision, type Store, TXN_OPS_MAX } from "./store.ts";

/** One key, or the first that exists of a range. */
export type Wanted = { readonly key: string } | KeyRange;

/**
 * For each of `wanted` what is stored there, in the same order; undefined where nothing is. In as
 * few transactions as etcd's limit allows, one after the other; all at `revision` when it is given.
 */
export async function readMany(
  store: Pick<Store, "txn">,
  wanted: readonly Wanted[],
  revision: Revision | undefined,
  signal: AbortSignal,
): Promise<readonly (KeyValue | undefined)[]> {
  const found: (KeyValue | undefined)[] = [];
  for (let from = 0; from < wanted.length; from += TXN_OPS_MAX) {
    const operations = wanted.slice(from, from + TXN_OPS_MAX);
    const success = operations.map((one) => getOf(one, revision));
    const { reads } = await store.txn({ compare: [], success }, signal);
    for (const [first] of reads) found.push(first);
  }
  return found;
}

function getOf(wanted: Wanted, revision: Revision | undefined): Operation {
  const range = "key" in wanted ? { key: wanted.key } : { key: wanted.start, end: wanted.end };
  const at = revision === undefined ? {} : { revision };
  return { kind: "get", ...range, limit: 1, ...at };
}
