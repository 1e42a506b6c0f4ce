import { describe, expect, test } from "vitest";

import type { EngineWrite, Leader, Leadership, Lease, Registry, Store } from "../src/index.ts";
import {
  assign,
  DB,
  FILE,
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
  TTL_MS,
  unitNames,
  WEB,
} from "./fixtures.ts";
import { forwardingStore } from "./forwarding-store.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

type Open = () => Promise<StoreUnderTest>;

const ASSIGN_WEB: EngineWrite = assign(M1, WEB);

/** Nobody waits in vain for the end of such a lease. */
const LONGER_THAN_A_TEST_MS = 100 * TTL_MS;

export function describeLeadership(open: Open): void {
  describeElections(open);
  describeFence(open);
  describeCommits(open);
}

/** A campaign of machine 2 that goes on while the test does; then its store is closed under it. */
function standBy(registry: Registry) {
  const standing = { leaders: [] as Leader[], won: undefined as Leadership | undefined };
  const onLeader = (leader: Leader): void => void standing.leaders.push(leader);
  const campaign = registry.campaign({ machine: M2, ttlMs: TTL_MS, onLeader }, signal);
  void campaign.then(
    (won) => (standing.won = won),
    () => undefined,
  );
  return standing;
}

function describeElections(open: Open): void {
  describe("elections", () => {
    test("the first to campaign leads, and everybody can see since when", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      expect(await registry.leader(signal)).toBeUndefined();
      const leadership = await leadershipOf(registry, M1);
      const { sinceMs } = leadership;
      expect(await registryOn(etcd).leader(signal)).toEqual({ machine: M1, sinceMs });
      expect(leadership.lost.aborted).toBe(false);
    });

    test("a stand-by is told who leads, and takes over at once when the leader resigns", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1, LONGER_THAN_A_TEST_MS);
      const standing = standBy(registryOn(etcd));
      await etcd.until("it knows the leader", () => standing.leaders.length === 1);
      await leadership.resign(signal);
      await etcd.until("it leads", () => standing.won !== undefined);
      expect(standing.leaders.map((leader) => leader.machine)).toEqual([M1]);
      expect(leadership.lost.aborted).toBe(false);
    });

    test("a stand-by takes over when the leader has died", async () => {
      await using etcd = await open();
      const dying = etcd.open();
      await leadershipOf(registryOn(etcd, dying), M1);
      const standing = standBy(registryOn(etcd));
      await etcd.until("it knows the leader", () => standing.leaders.length === 1);
      await dying.close();
      await etcd.until("it leads", () => standing.won !== undefined);
    });

    test("of two who campaign at once one leads", async () => {
      await using etcd = await open();
      const standings = [standBy(registryOn(etcd)), standBy(registryOn(etcd))];
      const winners = () => standings.filter((standing) => standing.won !== undefined);
      await etcd.until("one leads", () => winners().length > 0);
      await etcd.pass(TTL_MS / 2);
      expect(winners().length).toBe(1);
    });

    test("a campaign outlives an interruption, and ends only with its caller", async () => {
      await using etcd = await open();
      await etcd.cutOff();
      const registry = registryOn(etcd);
      const stop = new AbortController();
      const campaign = { machine: M1, ttlMs: TTL_MS, onLeader: () => {} };
      const first = registry.campaign(campaign, signal);
      await etcd.heal();
      let won = false;
      void first.then(() => (won = true));
      await etcd.until("it leads", () => won);
      const second = registry.campaign(campaign, stop.signal);
      const reason = new Error("enough");
      stop.abort(reason);
      await expect(second).rejects.toBe(reason);
    });
  });
}

function describeFence(open: Open): void {
  describe("the fence", () => {
    test("a leader whose key was taken away learns of it and writes nothing more", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      const key = `${etcd.prefix}lease/engine-leader`;
      await etcd.open().txn({ compare: [], success: [{ kind: "delete", key }] }, signal);
      const fenced = { written: 0, dropped: 0, fenced: true, revision: 0 };
      expect(await leadership.commit([ASSIGN_WEB], signal)).toEqual(fenced);
      await etcd.until("the loss is known", () => leadership.lost.aborted);
      expect(leadership.lost.reason).toBeInstanceOf(Error);
      expect(await keysBelow(etcd, "assignments/")).toEqual([]);
    });

    test("a leader whose key was taken away keeps no lease", async () => {
      await using etcd = await open();
      const store = etcd.open();
      const leases: Lease[] = [];
      const grantLease: Store["grantLease"] = async (...args) => {
        const lease = await store.grantLease(...args);
        leases.push(lease);
        return lease;
      };
      const leadership = await leadershipOf(
        registryOn(etcd, forwardingStore(store, { grantLease })),
        M1,
      );
      await remove(etcd, "lease/engine-leader");
      await etcd.until("the loss is known", () => leadership.lost.aborted);
      await etcd.until("it is given up", () => leases[0]?.remainingMs() === 0);
    });

    test("a leader's key that another program wrote over does not outlive the leader", async () => {
      await using etcd = await open();
      const first = await leadershipOf(registryOn(etcd), M1);
      await scribble(etcd, "lease/engine-leader", "oops");
      await etcd.until("the leader knows it", () => first.lost.aborted);
      expect(await first.commit([ASSIGN_WEB], signal)).toMatchObject({ written: 0, fenced: true });
      const second = await leadershipOf(registryOn(etcd), M2);
      expect(await second.commit([ASSIGN_WEB], signal)).toMatchObject({ written: 1 });
    });

    test("a leader that was paused cannot write after another took over", async () => {
      await using etcd = await open();
      const paused = await leadershipOf(registryOn(etcd), M1);
      const key = `${etcd.prefix}lease/engine-leader`;
      await etcd.open().txn({ compare: [], success: [{ kind: "delete", key }] }, signal);
      const other = await leadershipOf(registryOn(etcd), M2);
      await other.commit([assign(M2, DB)], signal);
      const late = await paused.commit([ASSIGN_WEB, ASSIGN_WEB], signal);
      expect(late).toEqual({ written: 0, dropped: 0, fenced: true, revision: 0 });
      expect(await keysBelow(etcd, "assignments/")).toEqual([`assignments/${DB}/${M2}`]);
      expect(other.lost.aborted).toBe(false);
    });

    test("a leader that is cut off knows that it leads no longer before another does", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      await etcd.cutOff();
      await etcd.until("the loss is known", () => leadership.lost.aborted);
      await etcd.heal();
      const standing = standBy(registryOn(etcd));
      await etcd.until("another leads", () => standing.won !== undefined);
      const { fenced } = await leadership.commit([ASSIGN_WEB], signal);
      expect(fenced).toBe(true);
    });

    test("whoever resigned writes nothing more", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      await leadership.resign(signal);
      const fenced = { written: 0, dropped: 0, fenced: true, revision: 0 };
      expect(await leadership.commit([ASSIGN_WEB], signal)).toEqual(fenced);
    });
  });
}

function describeCommits(open: Open): void {
  describe("commits", () => {
    test("hundreds of assignments are written to both orders of the schedule", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      const units = unitNames(300);
      const writes = units.map((unit) => assign(M1, unit));
      const result = await leadership.commit(writes, signal);
      expect(result).toMatchObject({ written: 300, fenced: false });
      const scheduled = units.map((unit) => `schedule/${M1}/${unit}`);
      expect(await keysBelow(etcd, "schedule/")).toEqual(scheduled);
      const assigned = units.map((unit) => `assignments/${unit}/${M1}`);
      expect(await keysBelow(etcd, "assignments/")).toEqual(assigned);
      const { revision } = await etcd.open().range({ start: etcd.prefix }, signal);
      expect(result.revision).toBe(revision);
    });

    test("writes happen in order, also several to one unit", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      const unassign: EngineWrite = { kind: "unassign", machine: M1, unit: WEB };
      await leadership.commit([ASSIGN_WEB, unassign, ASSIGN_WEB, unassign, ASSIGN_WEB], signal);
      expect(await keysBelow(etcd, "assignments/")).toEqual([`assignments/${WEB}/${M1}`]);
      expect(await leadership.commit([ASSIGN_WEB, unassign], signal)).toMatchObject({ written: 2 });
      expect(await keysBelow(etcd, "schedule/")).toEqual([]);
    });

    test("nothing to write is nothing written", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      const nothing = { written: 0, dropped: 0, fenced: false, revision: 0 };
      expect(await leadership.commit([], signal)).toEqual(nothing);
    });

    test("a file is collected, unless it was stored again since", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const leadership = await leadershipOf(registry, M1);
      const revisionOf = async () => {
        const { items } = await etcd
          .open()
          .range({ start: `${etcd.prefix}unit-files/${HASH}` }, signal);
        return items[0]?.modRevision ?? 0;
      };
      await registry.putUnit({ name: WEB, file: FILE, targetState: "loaded" }, 0, signal);
      const seen = await revisionOf();
      await registry.destroyUnit(WEB, signal);
      await registry.putUnit({ name: WEB, file: FILE, targetState: "loaded" }, 0, signal);
      const collect = (revision: number): EngineWrite => ({
        kind: "collect-file",
        hash: HASH,
        revision,
      });
      await scribble(etcd, `unit-files/${"0".repeat(40)}`, "");
      const kept = await leadership.commit([collect(seen), ASSIGN_WEB], signal);
      expect(kept).toMatchObject({ written: 2, fenced: false });
      expect(await keysBelow(etcd, `unit-files/${HASH}`)).toEqual([`unit-files/${HASH}`]);
      const collected = await leadership.commit([collect(await revisionOf())], signal);
      expect(collected).toMatchObject({ written: 1, fenced: false });
      expect(await keysBelow(etcd, `unit-files/${HASH}`)).toEqual([]);
    });

    test("one collection that is no longer wanted does not hold up the others", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const leadership = await leadershipOf(registry, M1);
      await presenceOf(registry, machineOf(M1));
      for (const machine of [M1, M2]) {
        for (const key of ["a", "b"])
          await registry.setMetadata({ machine, key, value: "x" }, signal);
      }
      const writes = [M1, M2].map((machine): EngineWrite => ({
        kind: "collect-machine",
        machine,
      }));
      expect(await leadership.commit(writes, signal)).toMatchObject({ written: 2, fenced: false });
      expect(await keysBelow(etcd, "machines/")).toEqual([
        `machines/${M1}/metadata/a`,
        `machines/${M1}/metadata/b`,
        `machines/${M1}/object`,
      ]);
    });

    test("a machine is given up only while it is not present", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const leadership = await leadershipOf(registry, M1);
      await presenceOf(registry, machineOf(M1));
      const writes = [M1, M2].map((machine): EngineWrite => ({
        kind: "give-up",
        machine,
        sinceMs: 0,
      }));
      expect(await leadership.commit(writes, signal)).toMatchObject({ written: 2, fenced: false });
      const kept = [`machines/${M1}/object`, `machines/${M2}/departed`];
      expect(await keysBelow(etcd, "machines/")).toEqual(kept);
      await presenceOf(registry, machineOf(M2));
      const both = [`machines/${M1}/object`, `machines/${M2}/object`];
      expect(await keysBelow(etcd, "machines/")).toEqual(both);
    });
  });
}
