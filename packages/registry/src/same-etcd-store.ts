import { type Logger, RegistryUnavailableError } from "@fleet/core";

import { TrustedLease } from "./trusted-lease.ts";
import type { RangeQuery, RangeResult, Revision, Store, TxnResult, WatchRequest } from "./store.ts";

/** Which etcd it is and how far it has got: what it is recognised by later. */
export interface EtcdMark {
  /** etcd's own ID of its cluster, in decimal digits. */
  readonly cluster: string;
  readonly revision: Revision;
}

/** What outlives this process: the etcd that it worked with. */
export interface EtcdMemory {
  /** What an earlier process noted last. */
  readonly known: EtcdMark | undefined;
  /** Called with every revision that is seen: must be cheap. */
  note(mark: EtcdMark): void;
  /** What a person does to have another etcd accepted, e.g. `delete FILE and restart fleet`. */
  readonly wayOut: string;
}

const NO_MEMORY: EtcdMemory = { known: undefined, note: () => {}, wayOut: "restart fleet" };

interface SameEtcdDeps {
  readonly log: Logger;
  readonly memory?: EtcdMemory;
  /** A key that may be read, to meet etcd before anything is written to it. */
  readonly probeKey: string;
}

/**
 * `store`, as long as it is one etcd cluster whose revision only grows. One that was wiped, or
 * restored from a backup, or is another one, knows less than it did; to believe that its lists are
 * the present would be to stop what runs. From then on every call fails, and says why, and every
 * lease is lost: a restored etcd may still have them, and would count this machine among those it can use.
 */
export function refusingOtherEtcd(store: Store, deps: SameEtcdDeps): Store {
  const seen = new SeenEtcd(deps);
  const probe = (signal: AbortSignal): Promise<RangeResult> =>
    store.range({ start: deps.probeKey, keysOnly: true }, signal);
  return {
    range: (query, signal) => seen.check(isPresent(query), () => store.range(query, signal)),
    async txn(txn, signal) {
      await seen.meet(() => probe(signal));
      return seen.check(true, () => store.txn(txn, signal));
    },
    watch(watch, signal) {
      const onEvents: WatchRequest["onEvents"] = (events, revision) => {
        seen.note(revision);
        watch.onEvents(events, revision);
      };
      return store.watch({ ...watch, onEvents }, signal);
    },
    async grantLease(ttlMs, signal) {
      await seen.meet(() => probe(signal));
      return new TrustedLease(await store.grantLease(ttlMs, signal), seen.distrusted);
    },
    async leaseTimes(leases, signal) {
      await seen.meet(() => probe(signal));
      return store.leaseTimes(leases, signal);
    },
    close: () => store.close(),
  };
}

class SeenEtcd {
  readonly #log: Logger;
  readonly #memory: EtcdMemory;
  #mark: EtcdMark | undefined;
  /** Whether this process has had an answer, or there is nothing to compare one with. */
  #isMet: boolean;
  readonly #distrusted = new AbortController();

  constructor({ log, memory = NO_MEMORY }: SameEtcdDeps) {
    this.#log = log;
    this.#memory = memory;
    this.#mark = memory.known;
    this.#isMet = memory.known === undefined;
  }

  /** Aborts when etcd is not to be believed any more, with the reason. */
  get distrusted(): AbortSignal {
    return this.#distrusted.signal;
  }

  /** Makes sure that nothing is asked of an etcd that is not the one of before. */
  async meet(probe: () => Promise<RangeResult>): Promise<void> {
    this.#refuse();
    if (!this.#isMet) await this.check(true, probe);
  }

  note(revision: Revision): void {
    if (this.#mark === undefined || revision <= this.#mark.revision) return;
    this.#keep({ ...this.#mark, revision });
  }

  /** An answer to a request that is sent now; one about the past says nothing about the store. */
  async check<T extends RangeResult | TxnResult>(
    isAboutPresent: boolean,
    request: () => Promise<T>,
  ): Promise<T> {
    this.#refuse();
    const before = this.#mark;
    const answer = await request();
    if (isAboutPresent) this.#compare(answer, before);
    this.#refuse();
    return answer;
  }

  #compare({ cluster, revision }: RangeResult | TxnResult, before: EtcdMark | undefined): void {
    this.#isMet = true;
    if (before !== undefined && cluster !== before.cluster) {
      this.#distrust(`is cluster ${hex(cluster)} and was cluster ${hex(before.cluster)} before`);
    } else if (before !== undefined && revision < before.revision) {
      this.#distrust(`is at revision ${revision} and was at ${before.revision} before`);
    } else if (revision > (this.#mark?.revision ?? 0)) this.#keep({ cluster, revision });
  }

  #keep(mark: EtcdMark): void {
    if (this.#distrusted.signal.aborted) return;
    this.#mark = mark;
    this.#memory.note(mark);
  }

  #distrust(what: string): void {
    if (this.#distrusted.signal.aborted) return;
    const problem =
      `etcd ${what}: it was reset, restored or exchanged. Nothing is stopped and nothing is ` +
      `started; if it is the right one now, ${this.#memory.wayOut}`;
    this.#log.error({}, problem);
    this.#distrusted.abort(new RegistryUnavailableError(problem));
  }

  #refuse(): void {
    this.#distrusted.signal.throwIfAborted();
  }
}

function isPresent(query: RangeQuery): boolean {
  return query.revision === undefined;
}

/** As etcd's own tools print it. */
function hex(cluster: string): string {
  return BigInt(cluster).toString(16);
}
