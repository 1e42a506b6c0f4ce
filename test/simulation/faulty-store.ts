import { type Clock, RegistryUnavailableError } from "@fleet/core";
import type {
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

/** How badly a machine is connected to etcd. */
export interface Weather {
  /** A request or an event takes up to so long. */
  readonly latencyMsMax: number;
  /** Of all transactions: this part happens, and its answer gets lost. */
  readonly lostAnswers: number;
  /** Of all requests: this part never arrives. */
  readonly lostRequests: number;
  /** Of all transactions: this part arrives only after the client has given it up. */
  readonly lateRequests: number;
}

export const FAIR: Weather = { latencyMsMax: 5, lostAnswers: 0, lostRequests: 0, lateRequests: 0 };

const LATE_MS_MAX = 20_000;
const never = new AbortController().signal;

/** A connection to the simulated etcd in some weather: late, and now and then without an answer. */
export class FaultyStore extends MemoryStore {
  weather: Weather = FAIR;
  readonly #clock: Clock;
  readonly #random: SeededRandom;

  constructor(clock: Clock, etcd: MemoryEtcd, random: SeededRandom) {
    super(clock, etcd);
    this.#clock = clock;
    this.#random = random;
  }

  override async range(query: RangeQuery, signal: AbortSignal): Promise<RangeResult> {
    await this.#travel(signal);
    const result = await super.range(query, signal);
    await this.#delay(signal);
    return result;
  }

  override async txn(txn: Txn, signal: AbortSignal): Promise<TxnResult> {
    await this.#travel(signal);
    if (this.#random.chance(this.weather.lateRequests)) {
      void this.#arriveLate(txn);
      throw new RegistryUnavailableError("no answer in time");
    }
    const result = await super.txn(txn, signal);
    await this.#delay(signal);
    if (!this.#random.chance(this.weather.lostAnswers)) return result;
    throw new RegistryUnavailableError("the answer was lost");
  }

  override async leaseTimes(
    leases: readonly LeaseId[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<LeaseId, LeaseTime>> {
    await this.#travel(signal);
    const times = await super.leaseTimes(leases, signal);
    await this.#delay(signal);
    return times;
  }

  /** Events come late, one after the other, and none after the watch has ended. */
  override async watch(watch: WatchRequest, signal: AbortSignal): Promise<WatchEnd> {
    let isOver = false;
    let last: Promise<void> = Promise.resolve();
    const later = (tell: () => void): void => {
      last = this.#deliver(last, () => void (isOver || tell()), signal);
    };
    const end = await super.watch(
      {
        ...watch,
        onLive: () => later(watch.onLive),
        onEvents: (events, revision) => later(() => watch.onEvents(events, revision)),
      },
      signal,
    );
    isOver = true;
    return end;
  }

  async #deliver(before: Promise<void>, tell: () => void, signal: AbortSignal): Promise<void> {
    await before;
    await this.#delay(signal);
    tell();
  }

  async #arriveLate(txn: Txn): Promise<void> {
    await this.#clock.sleep(this.#random.between(0, LATE_MS_MAX), never);
    try {
      this.etcd.txn(txn);
    } catch (error) {
      if (!(error instanceof RegistryUnavailableError)) throw error; // refused, e.g. for a lease that has ended
    }
  }

  async #travel(signal: AbortSignal): Promise<void> {
    await this.#delay(signal);
    signal.throwIfAborted();
    if (!this.#random.chance(this.weather.lostRequests)) return;
    throw new RegistryUnavailableError("the request was lost");
  }

  async #delay(signal: AbortSignal): Promise<void> {
    const ms = this.#random.between(0, this.weather.latencyMsMax);
    if (ms > 0) await this.#clock.sleep(ms, signal);
  }
}
