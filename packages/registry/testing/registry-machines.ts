import type { MachineId } from "@fleet/core";
import { describe, expect, test } from "vitest";

import type { PageStart, Registry } from "../src/index.ts";
import {
  keysBelow,
  leadershipOf,
  M1,
  M2,
  machineOf,
  presenceOf,
  registryOn,
  scribble,
  signal,
  TTL_MS,
} from "./fixtures.ts";
import { RecordingClusterSink } from "./recording-sinks.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

async function announceAll(registry: Registry, ids: readonly MachineId[]): Promise<void> {
  for (const id of ids) {
    await presenceOf(registry, machineOf(id));
  }
}

async function pagesOf(registry: Registry, limit: number, from: PageStart): Promise<string[][]> {
  const pages: string[][] = [];
  let start: PageStart | undefined = from;
  while (start !== undefined) {
    const page = await registry.machinePage({ start, limit }, signal);
    pages.push(page.items.map((machine) => machine.id));
    const key: string | undefined = page.nextAfter;
    start = key === undefined ? undefined : { kind: "after", key };
  }
  return pages;
}

export function describeMachines(open: () => Promise<StoreUnderTest>): void {
  describe("machines", () => {
    test("a machine has everything that its agent said, and its dynamic metadata", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const metadata = new Map([
        ["disk", "ssd"],
        ["region", "north"],
      ]);
      const machine = machineOf(M1, { metadata, engineDisabled: true });
      await presenceOf(registry, machine);
      for (const [key, value] of [
        ["disk", ""],
        ["rack", "7"],
        ["region", "south"],
      ] as const) {
        await registry.setMetadata({ machine: M1, key, value }, signal);
      }
      const { items } = await registry.machinePage({ start: { kind: "first" }, limit: 9 }, signal);
      const effectiveMetadata = new Map([
        ["region", "south"],
        ["rack", "7"],
      ]);
      expect(items).toEqual([{ ...machine, effectiveMetadata }]);
    });

    test("absent machines are left out, however many keys they left behind", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const ids = ["a", "b", "c", "d", "e"] as MachineId[];
      for (const machine of ids) {
        for (const key of ["one", "two", "three", "four", "five"]) {
          await registry.setMetadata({ machine, key, value: "x" }, signal);
        }
      }
      await announceAll(registry, ["b", "d", "e"] as MachineId[]);
      expect(await pagesOf(registry, 1, { kind: "first" })).toEqual([["b"], ["d"], ["e"], []]);
      expect(await pagesOf(registry, 2, { kind: "first" })).toEqual([["b", "d"], ["e"]]);
      expect(await pagesOf(registry, 9, { kind: "skip", count: 2 })).toEqual([["e"]]);
      expect(await pagesOf(registry, 9, { kind: "skip", count: 3 })).toEqual([[]]);
    });

    test("a record that cannot be read hides no other", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await announceAll(registry, [M2]);
      await scribble(etcd, `machines/${M1}/object`, "oops");
      expect(await pagesOf(registry, 9, { kind: "first" })).toEqual([[M2]]);
    });

    test("of each lease that machines hang on it is told how long it lasts by itself", async () => {
      await using etcd = await open();
      const store = etcd.open();
      const registry = registryOn(etcd, store);
      // More than one transaction can read.
      const ids = Array.from({ length: 150 }, (_, n) => `m${n}` as MachineId);
      const present = ids.filter((_, n) => n % 70 === 1);
      await announceAll(registry, present);
      const sink = new RecordingClusterSink();
      void registryOn(etcd).watchCluster(sink, signal);
      await etcd.until("the view is current", () => sink.isLive === true);
      const leases = present.flatMap((id) => sink.snapshots[0]?.leases.get(id) ?? []);
      await store.close();
      await etcd.pass(TTL_MS / 2);
      const times = await registryOn(etcd).leaseTimes([...leases, "4711"], signal);
      expect([...times.keys()].toSorted()).toEqual(leases.toSorted());
      expect(leases).toHaveLength(present.length);
      for (const { remainingMs, ttlMs } of times.values()) {
        expect(ttlMs).toBe(TTL_MS);
        expect(remainingMs).toBeLessThanOrEqual(TTL_MS / 2 + 500);
      }
    });

    test("what the leader holds is known to everybody, and a person gives up who is not there", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      const registry = registryOn(etcd);
      expect(await registry.heldMoves(signal)).toEqual({ machines: [] });
      await announceAll(registry, [M2]);
      await leadership.commit([{ kind: "hold-moves", machines: [M1, M2] }], signal);
      const { machines } = await registry.heldMoves(signal);
      expect(machines).toEqual([M1, M2]);
      expect(await registry.giveUp(machines, signal)).toEqual([M1]);
      const kept = [`machines/${M1}/departed`, `machines/${M2}/object`];
      expect(await keysBelow(etcd, "machines/")).toEqual(kept);
      await leadership.commit([{ kind: "release-moves" }], signal);
      expect(await registry.heldMoves(signal)).toEqual({ machines: [] });
    });
  });
}
