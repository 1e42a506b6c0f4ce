import { type MachineId, silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { MemoryEtcd, MemoryStore } from "./memory/index.ts";
import type { RegistryObserver } from "./observed-store.ts";
import { openRegistry } from "./open-registry.ts";
import type { Leadership, Registry } from "./registry.ts";

const { signal } = new AbortController();
const MACHINES = 200;
const TTL_MS = 10_000;

test("when a leader has gone few of a large cluster try to follow it, and one does soon", async () => {
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock);
  let leases = 0;
  const observer: RegistryObserver = {
    operationDone: () => {},
    watchOpened: () => {},
    watchEnded: () => {},
    leaseGranted: () => void (leases += 1),
    leaseEnded: () => {},
  };
  const open = (): Registry => {
    const store = new MemoryStore(clock, etcd);
    return openRegistry(store, { prefix: "/fleet/", clock, log: silentLogger, observer });
  };
  const won: Leadership[] = [];
  for (let n = 0; n < MACHINES; n += 1) {
    const campaign = { machine: `machine ${n}` as MachineId, ttlMs: TTL_MS, onLeader: () => {} };
    void open()
      .campaign(campaign, signal)
      .then((leadership) => won.push(leadership));
    await clock.advance(1);
  }
  expect({ won: won.length, leases }).toEqual({ won: 1, leases: 1 });
  await won[0]?.resign(signal);
  await clock.advance(100);
  expect(won.length).toBe(2);
  expect(leases).toBeLessThan(MACHINES / 20);
});
