import { type Clock, FleetError, RegistryUnavailableError } from "@fleet/core";
import type {
  Lease,
  LeaseId,
  LeaseTime,
  RangeQuery,
  RangeResult,
  Txn,
  TxnResult,
  WatchEnd,
  WatchRequest,
} from "@fleet/registry";
import { type MemoryEtcd, MemoryStore } from "@fleet/registry/memory";
import type { SeededRandom } from "@fleet/rig";

import type { PausableClock } from "./pausable-clock.ts";

/** How badly a machine is connected to etcd. */
export interface Weather {
  /** A request or an event takes up to so long. */
  readonly latencyMsMax: number;
  /** Of all requests: this part is fulfilled, and the answer gets lost. */
  readonly lostAnswers: number;
  /** Of all requests: this part never arrives. */
  readonly lostRequests: number;
  /** Of all transactions: this part arrives only after the client has given it up. */
  readonly lateRequests: number;
  /** Of all events: this part gets lost, with all that follow it in the same watch. */
  readonly lostEvents: number;
}

export const FAIR: Weather = {
  latencyMsMax: 5,
  lostAnswers: 0,
  lostRequests: 0,
  lateRequests: 0,
  lostEvents: 0,
};

const LATE_MS_MAX = 20_000;
/** A client finds out within this that nothing comes any more from where it watches. */
const SILENT_MS_MAX = 5_000;
const never = new AbortController().signal;

/** A connection to the simulated etcd in some weather: late, and now and then without an answer. */
export class FaultyStore extends MemoryStore {
  weather: Weather = FAIR;
  /** What is on its way goes on, also while the client is paused. */
  readonly #network: Clock;
  readonly #client: PausableClock;
  readonly #random: SeededRandom;

  constructor(network: Clock, client: PausableClock, etcd: MemoryEtcd, random: SeededRandom) {
    super(client, etcd);
    this.#network = network;
    this.#client = client;
    this.#random = random;
  }

  override async range(query: RangeQuery, signal: AbortSignal): Promise<RangeResult> {
    return this.#ask(() => super.range(query, signal), signal);
  }

  override async txn(txn: Txn, signal: AbortSignal): Promise<TxnResult> {
    return this.#ask(async () => {
      if (!this.#random.chance(this.weather.lateRequests)) return super.txn(txn, signal);
      void this.#arriveLate(txn);
      throw new RegistryUnavailableError("no answer in time");
    }, signal);
  }

  override async leaseTimes(
    leases: readonly LeaseId[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<LeaseId, LeaseTime>> {
    return this.#ask(() => super.leaseTimes(leases, signal), signal);
  }

  override async grantLease(ttlMs: number, signal: AbortSignal): Promise<Lease> {
    let lease: Lease | undefined;
    try {
      return await this.#ask(async () => (lease = await super.grantLease(ttlMs, signal)), signal);
    } catch (error) {
      lease?.abandon(); // nobody holds what nobody heard of
      throw error;
    }
  }

  protected override renew(lease: LeaseId): boolean | undefined {
    if (this.#random.chance(this.weather.lostRequests)) return undefined;
    const holds = super.renew(lease);
    return this.#random.chance(this.weather.lostAnswers) ? undefined : holds;
  }

  /** Events come late, one after the other, and none after the watch has ended or one was lost. */
  override async watch(watch: WatchRequest, signal: AbortSignal): Promise<WatchEnd> {
    const ended = new AbortController();
    const stop = (): void => ended.abort();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    let isSilent = false;
    let last: Promise<void> = Promise.resolve();
    const later = (tell: () => void): void => {
      if (!isSilent && this.#random.chance(this.weather.lostEvents)) {
        isSilent = true;
        void this.#noticeSilence(ended);
      }
      if (isSilent) return;
      last = this.#deliver(last, () => void (ended.signal.aborted || tell()), signal);
    };
    const end = await super.watch(
      {
        ...watch,
        onLive: () => later(watch.onLive),
        onEvents: (events, revision) => later(() => watch.onEvents(events, revision)),
      },
      ended.signal,
    );
    signal.removeEventListener("abort", stop);
    stop();
    await this.#client.awake();
    if (end.kind !== "aborted" || signal.aborted || !isSilent) return end;
    return { kind: "broken", error: new RegistryUnavailableError("nothing came any more") };
  }

  async #noticeSilence(ended: AbortController): Promise<void> {
    await this.#network.sleep(this.#random.between(0, SILENT_MS_MAX), ended.signal);
    ended.abort();
  }

  async #deliver(before: Promise<void>, tell: () => void, signal: AbortSignal): Promise<void> {
    await before;
    await this.#travel(this.#network, signal);
    await this.#client.awake();
    tell();
  }

  async #arriveLate(txn: Txn): Promise<void> {
    await this.#network.sleep(this.#random.between(0, LATE_MS_MAX), never);
    try {
      this.etcd.txn(txn);
    } catch (error) {
      if (!(error instanceof FleetError)) throw error; // refused, e.g. for a lease that has ended
    }
  }

  /** A request to etcd, on its way there and back. */
  async #ask<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#travel(this.#network, signal);
    try {
      signal.throwIfAborted();
      this.#lose(this.weather.lostRequests, "the request was lost");
      const result = await request();
      await this.#travel(this.#network, signal);
      this.#lose(this.weather.lostAnswers, "the answer was lost");
      return result;
    } finally {
      await this.#client.awake();
    }
  }

  #lose(part: number, what: string): void {
    if (this.#random.chance(part)) throw new RegistryUnavailableError(what);
  }

  async #travel(clock: Clock, signal: AbortSignal): Promise<void> {
    const ms = this.#random.between(0, this.weather.latencyMsMax);
    if (ms > 0) await clock.sleep(ms, signal);
  }
}
