import { RegistryUnavailableError, silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import {
  FILE,
  M1,
  M2,
  machineOf,
  signal,
  stateOf,
  statesOf,
  TTL_MS,
  WEB,
} from "../testing/fixtures.ts";
import { forwardingStore } from "../testing/forwarding-store.ts";
import { MemoryEtcd, MemoryStore } from "./memory/index.ts";
import { openRegistry } from "./open-registry.ts";
import type { Store } from "./store.ts";

// A request that was given up is still on its way, and arrives when newer ones have been served.

const clock = new ManualClock();
const etcd = new MemoryEtcd(clock);
const store = new MemoryStore(clock, etcd);

/** Holds the next transaction back once it is told to, until it is let go. */
class Delayed {
  readonly #store = new MemoryStore(clock, etcd);
  readonly registry;
  #isArmed = false;
  #late: (() => Promise<unknown>) | undefined;

  constructor() {
    const txn: Store["txn"] = async (request, abort) => {
      if (!this.#isArmed) return this.#store.txn(request, abort);
      this.#isArmed = false;
      this.#late = () => this.#store.txn(request, signal);
      throw new RegistryUnavailableError("no answer in time");
    };
    const delayed = forwardingStore(this.#store, { txn });
    this.registry = openRegistry(delayed, { prefix: "/", clock, log: silentLogger });
  }

  delayNext(): void {
    this.#isArmed = true;
  }

  async arrive(): Promise<void> {
    await this.#late?.();
  }
}

test("a state that comes late does not undo a newer one", async () => {
  const delayed = new Delayed();
  const machine = machineOf(M1);
  const presence = await delayed.registry.announce(
    { machine, instance: "a", ttlMs: TTL_MS },
    signal,
  );
  delayed.delayNext();
  const starting = statesOf(stateOf(WEB, M1, { activeState: "activating" }));
  await expect(presence.publish(starting, signal)).rejects.toThrow("no answer in time");
  await presence.publish(statesOf(stateOf(WEB, M1)), signal);
  await delayed.arrive();
  const [state] = (await store.range({ start: `/states/${M1}/${WEB}` }, signal)).items;
  expect(state?.value).toContain('"activeState":"active"');
});

test("a removal that comes late does not destroy what was submitted since", async () => {
  const delayed = new Delayed();
  const unit = { name: WEB, file: FILE, targetState: "launched" } as const;
  await delayed.registry.putUnit(unit, 0, signal);
  delayed.delayNext();
  await expect(delayed.registry.destroyUnit(WEB, signal)).rejects.toThrow("no answer in time");
  expect(await delayed.registry.destroyUnit(WEB, signal)).toBe(true);
  expect(await delayed.registry.destroyUnit(WEB, signal)).toBe(false);
  await delayed.registry.putUnit(unit, 0, signal);
  await delayed.arrive();
  expect(await delayed.registry.storedUnit(WEB, signal)).toBeDefined();
});

test("an announcement that failed half-way needs one transaction more", async () => {
  const announcement = { machine: machineOf(M2), instance: "a", ttlMs: TTL_MS };
  await new Delayed().registry.announce(announcement, signal);
  let sent = 0;
  const counting = forwardingStore(new MemoryStore(clock, etcd), {
    txn: async (...args) => {
      sent += 1;
      if (sent === 2) throw new RegistryUnavailableError("no answer in time");
      return store.txn(...args);
    },
  });
  const registry = openRegistry(counting, { prefix: "/", clock, log: silentLogger });
  await expect(registry.announce(announcement, signal)).rejects.toThrow("no answer in time");
  await registry.announce(announcement, signal);
  expect(sent).toBe(3);
});

test("metadata that come late do not undo newer ones", async () => {
  const delayed = new Delayed();
  const change = { machine: M1, key: "disk" } as const;
  delayed.delayNext();
  const late = delayed.registry.setMetadata({ ...change, value: "hdd" }, signal);
  await expect(late).rejects.toThrow("no answer in time");
  await delayed.registry.setMetadata({ ...change, value: "ssd" }, signal);
  await delayed.arrive();
  const [value] = (await store.range({ start: `/machines/${M1}/metadata/disk` }, signal)).items;
  expect(value?.value).toBe("ssd");
});

test("metadata that somebody else sets meanwhile are set over those", async () => {
  let isFirst = true;
  const txn: Store["txn"] = async (request, abort) => {
    if (isFirst) {
      isFirst = false;
      await other.setMetadata({ machine: M2, key: "disk", value: "hdd" }, signal);
    }
    return store.txn(request, abort);
  };
  const other = openRegistry(store, { prefix: "/", clock, log: silentLogger });
  const racing = openRegistry(forwardingStore(store, { txn }), {
    prefix: "/",
    clock,
    log: silentLogger,
  });
  await racing.setMetadata({ machine: M2, key: "disk", value: "ssd" }, signal);
  const [value] = (await store.range({ start: `/machines/${M2}/metadata/disk` }, signal)).items;
  expect(value?.value).toBe("ssd");
});
