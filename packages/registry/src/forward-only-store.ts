import { RegistryUnavailableError } from "@fleet/core";

import type { RangeQuery, RangeResult, Revision, Store, Txn, TxnResult } from "./store.ts";

/**
 * `store`, as long as its revision only grows. A store that was wiped or restored from a backup
 * answers with a lower one than it gave before; to believe that its lists are the present would be to
 * stop what runs. From then on every call fails, and says why, until the process is started anew.
 */
export function refusingOlderRevisions(store: Store): Store {
  const seen = new SeenRevision();
  return {
    range: (query, signal) => seen.check(isPresent(query), store.range(query, signal)),
    txn: (txn: Txn, signal) => seen.check(true, store.txn(txn, signal)),
    watch: (watch, signal) => {
      const onEvents: typeof watch.onEvents = (events, revision) => {
        seen.note(revision);
        watch.onEvents(events, revision);
      };
      return store.watch({ ...watch, onEvents }, signal);
    },
    grantLease: (ttlMs, signal) => store.grantLease(ttlMs, signal),
    close: () => store.close(),
  };
}

class SeenRevision {
  #highest: Revision = 0;
  #problem: string | undefined;

  note(revision: Revision): void {
    this.#highest = Math.max(this.#highest, revision);
  }

  /** An answer to a request that was sent now; one about the past says nothing about the store. */
  async check<T extends RangeResult | TxnResult>(
    isAboutPresent: boolean,
    answer: Promise<T>,
  ): Promise<T> {
    const before = this.#highest;
    const result = await answer;
    if (isAboutPresent && result.revision < before) {
      this.#problem ??=
        `etcd is at revision ${result.revision} and was at ${before} before: it was reset or ` +
        "restored, and is not believed until fleet is restarted";
    }
    if (this.#problem !== undefined) throw new RegistryUnavailableError(this.#problem);
    if (isAboutPresent) this.note(result.revision);
    return result;
  }
}

function isPresent(query: RangeQuery): boolean {
  return query.revision === undefined;
}
