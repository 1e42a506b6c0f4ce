import { describe, expect, test } from "vitest";

import type { PageStart, Registry, StateFilter } from "../src/index.ts";
import {
  assign,
  DB,
  leadershipOf,
  M1,
  M2,
  machineOf,
  presenceOf,
  registryOn,
  scribble,
  signal,
  stateOf,
  statesOf,
  WEB,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** Both units on both machines, as a global unit's would be; all are reported but db on machine 2. */
async function populate(registry: Registry): Promise<void> {
  const leadership = await leadershipOf(registry, M1);
  const writes = [M2, M1].flatMap((machine) => [WEB, DB].map((unit) => assign(machine, unit)));
  await leadership.commit(writes, signal);
  for (const machine of [M1, M2]) {
    const units = machine === M1 ? [WEB, DB] : [WEB];
    const states = units.map((unit) => stateOf(unit, machine));
    await presenceOf(registry, machineOf(machine), ...states);
  }
}

export function describeStates(open: () => Promise<StoreUnderTest>): void {
  describe("states", () => {
    test.for<[promise: string, filter: StateFilter, expected: [string, string][]]>([
      [
        "go by unit, then machine",
        {},
        [
          [DB, M1],
          [WEB, M1],
          [WEB, M2],
        ],
      ],
      [
        "of one unit",
        { unit: WEB },
        [
          [WEB, M1],
          [WEB, M2],
        ],
      ],
      [
        "of one machine",
        { machine: M1 },
        [
          [DB, M1],
          [WEB, M1],
        ],
      ],
      ["of one unit on one machine", { unit: WEB, machine: M2 }, [[WEB, M2]]],
      ["of a unit where it was not reported", { unit: DB, machine: M2 }, []],
    ])("states %s", async ([, filter, expected]) => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await populate(registry);
      for (const limit of [1, 2, 9]) {
        const seen: [string, string][] = [];
        let start: PageStart | undefined = { kind: "first" };
        while (start !== undefined) {
          const page = await registry.statePage({ start, limit }, filter, signal);
          for (const state of page.items) seen.push([state.unit, state.machine]);
          const key: string | undefined = page.nextAfter;
          start = key === undefined ? undefined : { kind: "after", key };
        }
        expect(seen).toEqual(expected);
      }
    });

    test("a state has everything that its agent said", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await populate(registry);
      const presence = await presenceOf(registry, machineOf(M2));
      const more = {
        activeState: "failed",
        currentState: "loaded",
        error: "no such file",
      } as const;
      const state = stateOf(DB, M2, more);
      await presence.publish(statesOf(state), signal);
      const page = { start: { kind: "first" }, limit: 9 } as const;
      const { items } = await registry.statePage(page, { unit: DB, machine: M2 }, signal);
      expect(items).toEqual([state]);
    });

    test("states are skipped by counting assignments", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await populate(registry);
      const page = { start: { kind: "skip", count: 2 }, limit: 1 } as const;
      const { items, nextAfter } = await registry.statePage(page, {}, signal);
      expect([items.map((state) => state.machine), nextAfter]).toEqual([[M1], `${WEB}/${M1}`]);
    });

    test("a state that cannot be read hides no other", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await populate(registry);
      await scribble(etcd, `states/${M1}/${DB}`, "oops");
      const page = { start: { kind: "first" }, limit: 9 } as const;
      const { items } = await registry.statePage(page, { machine: M1 }, signal);
      expect(items.map((state) => state.unit)).toEqual([WEB]);
    });
  });
}
