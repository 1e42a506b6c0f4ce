import { setTimeout as sleep } from "node:timers/promises";

import type { Clock } from "@fleet/core";
import type { Store } from "@fleet/registry";
import { openEtcdStore } from "@fleet/registry/etcd";
import type { StoreUnderTest } from "@fleet/registry/testing";
import { type Etcd, startEtcd, until } from "@fleet/rig";

const REQUEST_TIMEOUT_MS = 1_000;
const UNTIL_MS = 20_000;
const PROBE_MS = 10;

/** The real time. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

/** One etcd for many tests, each of which works below a prefix of its own. */
export class SharedEtcd implements AsyncDisposable {
  readonly #etcd: Promise<Etcd> = startEtcd();
  #tests = 0;

  readonly open = async (): Promise<StoreUnderTest> => {
    const etcd = await this.#etcd;
    this.#tests += 1;
    const stores: Store[] = [];
    return {
      clock: realClock,
      prefix: `/test-${this.#tests}/`,
      open: () => {
        const store = storeOn([etcd.endpoint]);
        stores.push(store);
        return store;
      },
      compact: (revision) => compact(etcd.endpoint, revision),
      cutOff: async () => etcd.pause(),
      heal: async () => etcd.resume(),
      until: untilTrue,
      pass: async (ms) => {
        await sleep(ms);
      },
      [Symbol.asyncDispose]: async () => {
        etcd.resume();
        for (const store of stores) await store.close();
      },
    };
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#etcd).stop();
  }
}

export function storeOn(endpoints: readonly string[]): Store {
  return openEtcdStore({ endpoints, requestTimeoutMs: REQUEST_TIMEOUT_MS, clock: realClock });
}

/** Waits until `probe` holds. */
export async function untilTrue(what: string, probe: () => boolean): Promise<void> {
  const seen = () =>
    probe() ? ({ done: true, value: undefined } as const) : ({ done: false, saw: "no" } as const);
  await until(what, seen, { withinMs: UNTIL_MS, everyMs: PROBE_MS });
}

/** Makes etcd forget the past, over the gateway that it offers to those without gRPC. */
export async function compact(endpoint: string, revision: number): Promise<void> {
  const body = JSON.stringify({ revision });
  const answer = await fetch(`${endpoint}/v3/kv/compaction`, { method: "POST", body });
  if (!answer.ok) throw new Error(`compaction was refused: ${await answer.text()}`);
}

/** A watch that is begun anew whenever it ends. */
export class LastingWatch {
  live = false;
  breaks = 0;

  async run(store: Store, signal: AbortSignal): Promise<void> {
    const onLive = (): void => void (this.live = true);
    while (!signal.aborted) {
      const watch = { start: "a", end: "b", fromRevision: 1, onLive, onEvents: () => {} };
      const end = await store.watch(watch, signal);
      this.live = false;
      if (end.kind === "broken") this.breaks += 1;
    }
  }
}
