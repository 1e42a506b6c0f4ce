import { parseUnitFile, parseUnitName, type UnitFile, unitHash, type UnitName } from "@fleet/core";
import { describe, expect, test } from "vitest";

import type { Page, PageStart, Registry, UnitView } from "../src/index.ts";
import { RegistryDataError } from "../src/index.ts";
import {
  assign,
  DB,
  FILE,
  fileOf,
  GLOBAL_FILE,
  HASH,
  keysBelow,
  leadershipOf,
  M1,
  M2,
  machineOf,
  presenceOf,
  registryOn,
  scribble,
  signal,
  stateOf,
  unitNames,
  WEB,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

const GLOBAL_BY_NAME = parseUnitFile("[X-Fleet]\nGlobal=%i\n");

type Open = () => Promise<StoreUnderTest>;

export function describeUnits(open: Open): void {
  describeWishes(open);
  describeUnitPages(open);
  describePlaces(open);
  describeBrokenUnits(open);
}

async function putWeb(registry: Registry): Promise<UnitView> {
  await registry.putUnit({ name: WEB, file: FILE, targetState: "loaded" }, 0, signal);
  const view = await registry.unit(WEB, signal);
  if (view === undefined) throw new Error("the unit was not stored");
  return view;
}

function describeWishes(open: Open): void {
  describe("wishes", () => {
    test("a unit that was put is read back, and others are absent", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const { revision, ...view } = await putWeb(registry);
      const wish = { name: WEB, hash: HASH, targetState: "loaded", file: FILE };
      expect(view).toEqual({ ...wish, currentState: "inactive" });
      expect(revision).toBeGreaterThan(0);
      expect(await registry.unit(DB, signal)).toBeUndefined();
    });

    test("a unit is created once, and replaced only by whoever saw the last version", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const { revision } = await putWeb(registry);
      const file = fileOf("/bin/other");
      const put = { name: WEB, file, targetState: "launched" } as const;
      expect(await registry.putUnit(put, 0, signal)).toBe(false);
      expect(await registry.putUnit(put, revision - 1, signal)).toBe(false);
      expect(await registry.unit(WEB, signal)).toMatchObject({ hash: HASH, revision });
      expect(await registry.putUnit(put, revision, signal)).toBe(true);
      const replaced = { hash: unitHash(file), file, targetState: "launched" };
      expect(await registry.unit(WEB, signal)).toMatchObject(replaced);
    });

    test("a target state is changed only by whoever saw the last version", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const { revision: expected } = await putWeb(registry);
      const change = { name: WEB, targetState: "launched", expected } as const;
      expect(await registry.setTargetState(change, signal)).toBe(true);
      expect(await registry.setTargetState(change, signal)).toBe(false);
      expect(await registry.setTargetState({ ...change, name: DB }, signal)).toBe(false);
      const view = await registry.unit(WEB, signal);
      expect(view).toMatchObject({ targetState: "launched", hash: HASH });
    });

    test("a destroyed unit is gone, its file stays, and it can be destroyed once", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await putWeb(registry);
      expect(await registry.destroyUnit(WEB, signal)).toBe(true);
      expect(await registry.destroyUnit(WEB, signal)).toBe(false);
      expect(await registry.unit(WEB, signal)).toBeUndefined();
      expect(await keysBelow(etcd, "unit")).toEqual([`unit-files/${HASH}`]);
    });
  });
}

async function allPages(registry: Registry, limit: number): Promise<Page<UnitView>[]> {
  const pages: Page<UnitView>[] = [];
  let start: PageStart = { kind: "first" };
  for (;;) {
    const page = await registry.unitPage({ start, limit }, signal);
    pages.push(page);
    if (page.nextAfter === undefined) return pages;
    start = { kind: "after", key: page.nextAfter };
  }
}

function describeUnitPages(open: Open): void {
  describe("pages of units", () => {
    test.for<[promise: string, stored: number, limit: number, sizes: number[]]>([
      ["no unit is one empty page", 0, 3, [0]],
      ["fewer than a page are one page", 2, 3, [2]],
      ["a full page is followed by an empty one", 3, 3, [3, 0]],
      ["pages follow each other without gaps", 7, 3, [3, 3, 1]],
      ["a page may be larger than a transaction", 200, 150, [150, 50]],
    ])("%s", async ([, stored, limit, sizes]) => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const names = unitNames(stored);
      for (const [n, name] of names.entries()) {
        const file = fileOf(`/bin/${n % 5}`);
        await registry.putUnit({ name, file, targetState: "inactive" }, 0, signal);
      }
      const pages = await allPages(registry, limit);
      expect(pages.map((page) => page.items.length)).toEqual(sizes);
      expect(pages.flatMap((page) => page.items.map((unit) => unit.name))).toEqual(names);
    });

    test.for<[promise: string, count: number, first: string | undefined]>([
      ["skipping nothing is the first page", 0, "u0000.service"],
      ["skipped units are counted", 4, "u0004.service"],
      ["skipping all is an empty page", 5, undefined],
      ["skipping more than all is an empty page", 6, undefined],
    ])("%s", async ([, count, first]) => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      for (const name of unitNames(5)) {
        await registry.putUnit({ name, file: FILE, targetState: "inactive" }, 0, signal);
      }
      const start = { kind: "skip", count } as const;
      const { items } = await registry.unitPage({ start, limit: 2 }, signal);
      expect(items[0]?.name).toBe(first);
    });

    test("a page may start after a unit that is gone, or after any text", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await putWeb(registry);
      const after = async (key: string) => {
        const { items } = await registry.unitPage(
          { start: { kind: "after", key }, limit: 9 },
          signal,
        );
        return items.map((unit) => unit.name);
      };
      expect(await after("volume.service")).toEqual([WEB]);
      expect(await after("zebra/../\u{1f600}")).toEqual([]);
    });
  });
}

function describePlaces(open: Open): void {
  describe("places of units", () => {
    test("a unit is inactive until its own machine reports it", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await putWeb(registry);
      const leadership = await leadershipOf(registry, M1);
      await leadership.commit([assign(M1, WEB)], signal);
      const seen = async () => {
        const view = await registry.unit(WEB, signal);
        return [view?.machine, view?.currentState];
      };
      expect(await seen()).toEqual([M1, "inactive"]);
      for (const machine of [M2, M1]) {
        await presenceOf(registry, machineOf(machine), stateOf(WEB, machine));
        expect(await seen()).toEqual([M1, machine === M1 ? "launched" : "inactive"]);
      }
      await leadership.commit([{ kind: "unassign", machine: M1, unit: WEB }], signal);
      expect(await seen()).toEqual([undefined, "inactive"]);
    });

    test.for<[how: string, name: UnitName, file: UnitFile]>([
      ["a global unit", WEB, GLOBAL_FILE],
      ["a unit that is global by its name", parseUnitName("web@true.service"), GLOBAL_BY_NAME],
    ])("%s shows neither machine nor state", async ([, name, file]) => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await registry.putUnit({ name, file, targetState: "launched" }, 0, signal);
      const leadership = await leadershipOf(registry, M1);
      await leadership.commit([assign(M1, name, { hash: unitHash(file) })], signal);
      await presenceOf(registry, machineOf(M1), stateOf(name, M1));
      const { items } = await registry.unitPage({ start: { kind: "first" }, limit: 9 }, signal);
      expect(items.map((unit) => [unit.machine, unit.currentState])).toEqual([
        [undefined, "inactive"],
      ]);
    });
  });
}

function describeBrokenUnits(open: Open): void {
  describe("broken units", () => {
    test.for<[what: string, value: string]>([
      ["that is not JSON", "oops"],
      ["without a hash", `{"targetState":"loaded"}`],
      ["with a target state that does not exist", `{"hash":"${HASH}","targetState":"bogus"}`],
      ["whose file is missing", `{"hash":"${"0".repeat(40)}","targetState":"loaded"}`],
    ])(
      "a record %s hides no other unit, is no absence, and can be destroyed",
      async ([, value]) => {
        await using etcd = await open();
        const registry = registryOn(etcd);
        await putWeb(registry);
        await scribble(etcd, `units/${DB}`, value);
        const { items } = await registry.unitPage({ start: { kind: "first" }, limit: 9 }, signal);
        expect(items.map((unit) => unit.name)).toEqual([WEB]);
        await expect(registry.unit(DB, signal)).rejects.toThrow(RegistryDataError);
        expect(await registry.destroyUnit(DB, signal)).toBe(true);
      },
    );

    test("what another version added to a record survives a change", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await putWeb(registry);
      await scribble(
        etcd,
        `units/${WEB}`,
        `{"hash":"${HASH}","targetState":"loaded","since":4711}`,
      );
      const expected = (await registry.unit(WEB, signal))?.revision ?? 0;
      await registry.setTargetState({ name: WEB, targetState: "inactive", expected }, signal);
      const { items } = await etcd.open().range({ start: `${etcd.prefix}units/${WEB}` }, signal);
      const value: unknown = JSON.parse(items[0]?.value ?? "");
      expect(value).toEqual({ hash: HASH, targetState: "inactive", since: 4711 });
    });
  });
}
