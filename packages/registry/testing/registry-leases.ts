import { describe, expect, test } from "vitest";

import type { LeaseUse, Registry } from "../src/index.ts";
import {
  assign,
  DB,
  keysBelow,
  leadershipOf,
  M1,
  M2,
  machineOf,
  presenceOf,
  registryOn,
  signal,
  stateOf,
  statesOf,
  TTL_MS,
  unitNames,
  untilEmpty,
  WEB,
} from "./fixtures.ts";
import { loseAnswers } from "./forwarding-store.ts";
import { RecordedWatch } from "./recorded-watch.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

const LONG_MS = 4 * TTL_MS;

/** Hears of everything below the prefix, from now on. */
async function watchAll(etcd: StoreUnderTest): Promise<RecordedWatch> {
  const store = etcd.open();
  const { revision } = await store.range({ start: etcd.prefix }, signal);
  const range = { start: etcd.prefix, end: `${etcd.prefix}~`, fromRevision: revision + 1 };
  const watch = new RecordedWatch(store, range);
  await etcd.until("the watch is accepted", () => watch.live);
  return watch;
}

/** A presence with states, or a leadership. */
async function held(use: LeaseUse, registry: Registry) {
  if (use === "leadership") return leadershipOf(registry, M1);
  const states = unitNames(200).map((unit) => stateOf(unit, M1));
  return presenceOf(registry, machineOf(M1), ...states);
}

export function describeLeases(open: () => Promise<StoreUnderTest>): void {
  describe("leases of another length", () => {
    test.for(["presence", "leadership"] as const)(
      "a %s moves to one, and nothing vanishes meanwhile or afterwards",
      async (use) => {
        await using etcd = await open();
        const store = etcd.open();
        const registry = registryOn(etcd, store);
        const { lost } = await held(use, registry);
        const before = await keysBelow(etcd, "");
        const watch = await watchAll(etcd);
        await registry.changeLeaseTtl(use, LONG_MS, signal);
        await etcd.pass(TTL_MS * 1.5);
        await store.close();
        await etcd.pass(TTL_MS * 1.5);
        expect([await keysBelow(etcd, ""), lost.aborted]).toEqual([before, false]);
        expect(watch.events.filter(({ kind }) => kind === "delete")).toEqual([]);
        watch.stop();
      },
    );

    test("what is published meanwhile and afterwards hangs on the new one", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const presence = await presenceOf(registry, machineOf(M1));
      // So many that publishing them takes longer than the change does.
      const states = unitNames(1_500).map((unit) => stateOf(unit, M1));
      const publishing = presence.publish(statesOf(...states), signal);
      await Promise.all([publishing, registry.changeLeaseTtl("presence", LONG_MS, signal)]);
      await presence.publish(statesOf(stateOf(WEB, M1)), signal);
      expect(presence.remainingMs()).toBeGreaterThan(TTL_MS);
      await etcd.pass(TTL_MS * 1.5);
      expect(await keysBelow(etcd, `states/${M1}/`)).toHaveLength(states.length + 1);
      await presence.leave(signal);
      expect(await keysBelow(etcd, "states/")).toEqual([]);
    });

    test("a leader goes on writing, and steps down as ever", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const leadership = await leadershipOf(registry, M1);
      await registry.changeLeaseTtl("leadership", LONG_MS, signal);
      const result = await leadership.commit([assign(M1, DB)], signal);
      expect(result).toMatchObject({ written: 1, fenced: false });
      await leadership.resign(signal);
      await untilEmpty(etcd, "lease/");
      expect(leadership.lost.aborted).toBe(false);
    });

    test("whoever comes later has one, too; what is over is not revived", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const gone = await presenceOf(registry, machineOf(M1));
      await gone.leave(signal);
      for (const use of ["presence", "leadership"] as const)
        await registry.changeLeaseTtl(use, LONG_MS, signal);
      expect(await keysBelow(etcd, "machines/")).toEqual([`machines/${M1}/departed`]);
      const presence = await presenceOf(registry, machineOf(M2));
      expect(presence.remainingMs()).toBeGreaterThan(TTL_MS);
      const leadership = await leadershipOf(registry, M2);
      await etcd.cutOff();
      await etcd.pass(TTL_MS * 1.5);
      expect([presence.lost.aborted, leadership.lost.aborted]).toEqual([false, false]);
    });

    test("a move whose answer gets lost takes nothing away: the machine announces itself again", async () => {
      await using etcd = await open();
      const store = etcd.open();
      const before = registryOn(etcd, loseAnswers(store, 1, 1));
      const presence = await presenceOf(before, machineOf(M1));
      const moving = before.changeLeaseTtl("presence", LONG_MS, signal);
      await expect(moving).rejects.toThrow("the answer got lost");
      expect(presence.lost.aborted).toBe(true);
      expect(await keysBelow(etcd, "machines/")).toEqual([`machines/${M1}/object`]);
    });

    test("while etcd is away nothing moves, and nothing is lost by it", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const presence = await presenceOf(registry, machineOf(M1));
      await etcd.cutOff();
      await expect(registry.changeLeaseTtl("presence", LONG_MS, signal)).rejects.toThrow();
      expect(presence.lost.aborted).toBe(false);
      await etcd.heal();
      await registry.changeLeaseTtl("presence", LONG_MS, signal);
      expect(presence.remainingMs()).toBeGreaterThan(TTL_MS);
    });
  });
}
