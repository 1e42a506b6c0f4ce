import type { MachineId } from "@fleet/core";
import { describe, expect, test } from "vitest";

import type { ClusterChange, EngineWrite, Registry } from "../src/index.ts";
import {
  assign,
  DB,
  entryOf,
  FILE,
  HASH,
  leadershipOf,
  M1,
  M2,
  machineOf,
  presenceOf,
  registryOn,
  scribble,
  signal,
  stateOf,
  WEB,
} from "./fixtures.ts";
import { GatedStore } from "./gated-store.ts";
import { RecordingClusterSink } from "./recording-sinks.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

const ASSIGN_WEB: EngineWrite = assign(M1, WEB);

async function putWeb(registry: Registry): Promise<void> {
  await registry.putUnit({ name: WEB, file: FILE, targetState: "launched" }, 0, signal);
}

async function watched(etcd: StoreUnderTest, registry: Registry): Promise<RecordingClusterSink> {
  const sink = new RecordingClusterSink();
  void registry.watchCluster(sink, signal);
  await etcd.until("the view is current", () => sink.isLive === true);
  return sink;
}

const M3 = "33333333333333333333333333333333" as MachineId;

export function describeCluster(open: () => Promise<StoreUnderTest>): void {
  describe("the cluster's feed", () => {
    test("begins with one picture of everything, at one revision", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await putWeb(registry);
      const leadership = await leadershipOf(registry, M1);
      await presenceOf(registry, machineOf(M1), stateOf(WEB, M1));
      await registry.setMetadata({ machine: M2, key: "rack", value: "7" }, signal);
      await scribble(etcd, `machines/${M2}/departed`, "{}");
      await leadership.commit([{ kind: "give-up", machine: M3, sinceMs: 4711 }], signal);
      await scribble(etcd, `leaving/${WEB}/${M2}`, JSON.stringify({ hash: HASH, step: "keep" }));
      await scribble(etcd, `leaving/${DB}/${M2}`, "oops");
      await scribble(etcd, `assignments/${DB}/${M2}`, "oops");
      await scribble(etcd, `machines/${M2}/object`, "{}");
      const { revision } = await leadership.commit([ASSIGN_WEB], signal);
      const sink = await watched(etcd, registry);
      const [snapshot, ...more] = sink.snapshots;
      expect(more).toEqual([]);
      expect(snapshot).toEqual({
        units: [{ name: WEB, hash: HASH, targetState: "launched", revision: expect.any(Number) }],
        files: [{ hash: HASH, file: FILE, revision: expect.any(Number) }],
        machines: [machineOf(M1)],
        leases: new Map([[M1, expect.any(String)]]),
        dynamicMetadata: new Map([[M2, new Map([["rack", "7"]])]]),
        departed: new Map([
          [M2, {}],
          [M3, { sinceMs: 4711 }],
        ]),
        assignments: [{ machine: M1, entry: entryOf(WEB) }],
        leaving: [{ unit: WEB, machine: M2, hash: HASH, step: "keep" }],
        unreadable: [
          expect.objectContaining({ unit: DB, machine: M2 }),
          {
            key: expect.stringContaining(`leaving/${DB}/${M2}`),
            leaving: { unit: DB, machine: M2 },
            problem: expect.any(String),
          },
          expect.objectContaining({ machine: M2 }),
        ],
        revision,
      });
    });

    test("goes on with every change that placement depends on, and no other", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const sink = await watched(etcd, registry);
      await putWeb(registry);
      const presence = await presenceOf(registry, machineOf(M1), stateOf(WEB, M1));
      await registry.setMetadata({ machine: M1, key: "rack", value: "7" }, signal);
      const leadership = await leadershipOf(registry, M1);
      const { revision } = await leadership.commit([ASSIGN_WEB], signal);
      await scribble(etcd, `units/${DB}`, "oops");
      await presence.leave(signal);
      await registry.destroyUnit(WEB, signal);
      const ofUnits = ["file", "unit", "unreadable", "unit"];
      const ofMachines = ["machine", "metadata", "assignment", "departure", "machine"];
      await etcd.until(
        "all is told",
        () => sink.told.length === ofUnits.length + ofMachines.length,
      );
      const kinds = sink.told.map((change) => change.kind);
      expect(kinds.filter((kind) => ofUnits.includes(kind))).toEqual(ofUnits);
      expect(kinds.filter((kind) => ofMachines.includes(kind))).toEqual(ofMachines);
      const assigned = sink.batches.find((batch) => batch.changes[0]?.kind === "assignment");
      const change = { kind: "assignment", unit: WEB, machine: M1, entry: entryOf(WEB) };
      expect(assigned).toEqual({ changes: [change], revision });
      const gone: ClusterChange[] = [
        {
          kind: "departure",
          machine: M1,
          departure: { sinceMs: expect.any(Number), hasLeft: true },
        },
        { kind: "machine", id: M1, machine: undefined },
        { kind: "unit", name: WEB, unit: undefined },
      ];
      expect(sink.told).toEqual(expect.arrayContaining(gone));
    });

    test("after a compaction in its absence it tells the differences, and only those", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await putWeb(registry);
      await registry.setMetadata({ machine: M1, key: "old", value: "x" }, signal);
      await registry.setMetadata({ machine: M1, key: "kept", value: "x" }, signal);
      const gate = new GatedStore(etcd.open());
      const sink = await watched(etcd, registryOn(etcd, gate));
      gate.shut();
      await etcd.until("the view may be stale", () => sink.isLive === false);
      await registry.destroyUnit(WEB, signal);
      const key = `${etcd.prefix}machines/${M1}/metadata/old`;
      const store = etcd.open();
      await store.txn({ compare: [], success: [{ kind: "delete", key }] }, signal);
      await registry.setMetadata({ machine: M1, key: "new", value: "y" }, signal);
      const { revision } = await store.range({ start: key }, signal);
      await etcd.compact(revision);
      gate.reopen();
      await etcd.until("the view is current again", () => sink.isLive === true);
      expect(sink.snapshots.length).toBe(1);
      const metadata = { kind: "metadata", machine: M1 } as const;
      expect(sink.batches).toEqual([
        {
          changes: [
            { ...metadata, key: "old", value: undefined },
            { kind: "unit", name: WEB, unit: undefined },
            { ...metadata, key: "new", value: "y" },
          ],
          revision,
        },
      ]);
    });
  });
}
