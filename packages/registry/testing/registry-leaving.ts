import type { UnitState } from "@fleet/core";
import { describe, expect, test } from "vitest";

import type { EngineWrite, LeavingUnit, ScheduleEntry } from "../src/index.ts";
import {
  assign,
  DB,
  entryOf,
  HASH,
  keysBelow,
  leadershipOf,
  M1,
  M2,
  machineOf,
  presenceOf,
  registryOn,
  remove,
  scribble,
  signal,
  stateOf,
  statesOf,
  unitNames,
  WEB,
} from "./fixtures.ts";
import { RecordingClusterSink, RecordingScheduleSink } from "./recording-sinks.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

const KEPT: LeavingUnit = { unit: WEB, machine: M1, hash: HASH, step: "keep" };
const LEAVE: EngineWrite = { kind: "leave", leaving: KEPT };
const ARRIVING_DB = entryOf(DB, { move: { kind: "arriving", waitsFor: "its copy to stop" } });
const ARRIVING = entryOf(WEB, { move: { kind: "arriving", waitsFor: "its copy to stop" } });

async function changesOf(etcd: StoreUnderTest): Promise<RecordingClusterSink> {
  const sink = new RecordingClusterSink();
  void registryOn(etcd).watchCluster(sink, signal);
  await etcd.until("the view is current", () => sink.isLive === true);
  return sink;
}

export function describeLeavingUnits(open: () => Promise<StoreUnderTest>): void {
  describe("leaving units", () => {
    test.for<[step: LeavingUnit["step"], targetState: ScheduleEntry["targetState"]]>([
      ["keep", "launched"],
      ["stop", "loaded"],
    ])("a unit that leaves (%s) is on the work list, and is assigned no more", async (row) => {
      const [step, targetState] = row;
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      const sink = await changesOf(etcd);
      const list = new RecordingScheduleSink();
      await leadership.commit([assign(M1, WEB)], signal);
      await leadership.commit([{ kind: "leave", leaving: { ...KEPT, step } }], signal);
      expect(await keysBelow(etcd, "assignments/")).toEqual([]);
      void registryOn(etcd).watchSchedule(M1, list, signal);
      await etcd.until("the list is told", () => list.told.length === 1);
      expect(list.told).toEqual([`all: ${WEB}@${targetState} (leaving)`]);
      const leaving = { ...KEPT, step };
      const change = { kind: "leaving", unit: WEB, machine: M1, leaving };
      await etcd.until("the change is told", () => sink.told.length === 3);
      expect(sink.told).toContainEqual(change);
    });

    test("one that has left is on no list", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      await leadership.commit([assign(M1, WEB), LEAVE], signal);
      await leadership.commit([{ kind: "end-leaving", machine: M1, unit: WEB }], signal);
      expect(await keysBelow(etcd, "schedule/")).toEqual([]);
      expect(await keysBelow(etcd, "leaving/")).toEqual([]);
    });

    test("one that is taken back is simply assigned", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      await leadership.commit([assign(M1, WEB), LEAVE], signal);
      const entry = entryOf(WEB);
      await leadership.commit([{ kind: "take-back", machine: M1, entry }], signal);
      expect(await keysBelow(etcd, "leaving/")).toEqual([]);
      const sink = await changesOf(etcd);
      expect(sink.snapshots[0]).toMatchObject({ assignments: [{ machine: M1, entry }] });
    });

    test("what is to hold only while a machine is gone is not written once it is back", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const leadership = await leadershipOf(registry, M1);
      await leadership.commit([assign(M1, WEB)], signal);
      const moves: EngineWrite[] = [
        { kind: "while-gone", machine: M1, write: { kind: "leave", leaving: KEPT } },
        {
          kind: "while-gone",
          machine: M1,
          write: { kind: "assign", machine: M2, entry: entryOf(WEB) },
        },
      ];
      await presenceOf(registry, machineOf(M1));
      const refused = await leadership.commit([...moves, assign(M2, DB)], signal);
      expect(refused).toMatchObject({ written: 3, dropped: 2, fenced: false });
      expect(await keysBelow(etcd, "assignments/")).toEqual([
        `assignments/${DB}/${M2}`,
        `assignments/${WEB}/${M1}`,
      ]);
      await remove(etcd, `machines/${M1}/object`);
      expect(await leadership.commit(moves, signal)).toMatchObject({ written: 2, dropped: 0 });
      expect(await keysBelow(etcd, `assignments/${WEB}/`)).toEqual([`assignments/${WEB}/${M2}`]);
    });

    test("what it waits for is told with a unit that arrives", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      await leadership.commit([{ kind: "assign", machine: M2, entry: ARRIVING }], signal);
      const sink = await changesOf(etcd);
      expect(sink.snapshots[0]).toMatchObject({ assignments: [{ machine: M2, entry: ARRIVING }] });
    });

    test("work lists say the same as the marks, of those that are asked for or of all", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const leadership = await leadershipOf(registry, M1);
      const stopped: LeavingUnit = { ...KEPT, machine: M2, step: "stop" };
      const names = unitNames(1_100);
      await leadership.commit(
        [...names.map((name) => assign(M1, name)), LEAVE, { kind: "leave", leaving: stopped }],
        signal,
      );
      await leadership.commit([{ kind: "assign", machine: M2, entry: ARRIVING_DB }], signal);
      await scribble(etcd, `schedule/${M2}/${unitNames(1)[0]}`, "oops");
      expect(await registry.leavingEntries("all", signal)).toEqual([KEPT, stopped]);
      const asked = [stopped, { unit: DB, machine: M2 }, { unit: DB, machine: M1 }];
      expect(await registry.leavingEntries(asked, signal)).toEqual([stopped]);
    });

    test("the states of a machine are those of what is assigned to it", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const leadership = await leadershipOf(registry, M1);
      await presenceOf(registry, machineOf(M1), stateOf(WEB, M1));
      await leadership.commit([assign(M1, WEB), LEAVE], signal);
      const page = { start: { kind: "first" }, limit: 10 } as const;
      expect((await registry.statePage(page, { machine: M1 }, signal)).items).toEqual([]);
    });
  });

  describe("the state of one unit on one machine", () => {
    test("is told as it is and as it changes; what cannot be read is not told", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const told: (UnitState | undefined)[] = [];
      const presence = await presenceOf(registry, machineOf(M1), stateOf(WEB, M1));
      void registryOn(etcd).watchState({ unit: WEB, machine: M1 }, (at) => told.push(at), signal);
      await etcd.until("it is told", () => told.length === 1);
      const failed = stateOf(WEB, M1, { activeState: "failed" });
      await presence.publish(statesOf(failed), signal);
      await etcd.until("the change is told", () => told.length === 2);
      await scribble(etcd, `states/${M1}/${WEB}`, "oops");
      await etcd.until("that it is unreadable is told", () => told.length === 3);
      expect(told).toEqual([stateOf(WEB, M1), failed, undefined]);
    });
  });
}
