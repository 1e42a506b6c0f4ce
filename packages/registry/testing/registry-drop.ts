import { type MachineId, type TargetState, unitHash, type UnitName } from "@fleet/core";
import { describe, expect, test } from "vitest";

import { type DropView, RegistryDataError, type Registry } from "../src/index.ts";
import {
  DB,
  FILE,
  fileOf,
  HASH,
  keysBelow,
  M1,
  M2,
  registryOn,
  scribble,
  signal,
  unitNames,
  WEB,
} from "./fixtures.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

const SUBMITTED = { hash: HASH, targetState: "launched" } as const;

/** Units that files of drop directories make. */
export function describeDrop(open: () => Promise<StoreUnderTest>): void {
  describe("dropped files", () => {
    test("a file's unit and its record are stored together, only over what was seen", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const seen = await view(registry);
      expect(seen).toEqual({
        unit: undefined,
        record: undefined,
        unitRevision: 0,
        recordRevision: 0,
      });
      expect(await store(registry, seen, [M1])).toBe(true);
      expect(await store(registry, seen, [M2])).toBe(false);
      const after = await view(registry);
      expect(after).toMatchObject({
        unit: { ...SUBMITTED, directories: [M1] },
        record: { submitted: SUBMITTED },
      });
      expect(await registry.unit(WEB, signal)).toMatchObject({ ...SUBMITTED, file: FILE });
    });

    test("a record that changed since it was seen refuses the write, too", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const seen = await view(registry);
      const record = { problem: "no" };
      expect(await registry.commitDrop({ machine: M1, name: WEB, seen, record }, signal)).toBe(
        true,
      );
      expect(await store(registry, seen, [M1])).toBe(false);
      expect(await registry.unit(WEB, signal)).toBeUndefined();
    });

    test("whose a unit is changes without touching what is wished of it", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await store(registry, await view(registry), [M1]);
      const value = { ...SUBMITTED, targetState: "loaded", since: 4711 };
      const createdBy = { directories: [M1] };
      await scribble(etcd, `units/${WEB}`, JSON.stringify({ ...value, createdBy }));
      const change = { kind: "hold", directories: [M2, M1] } as const;
      const seen = await view(registry, M2);
      const write = { machine: M2, name: WEB, seen, change, record: { submitted: SUBMITTED } };
      expect(await registry.commitDrop(write, signal)).toBe(true);
      const { items } = await etcd.open().range({ start: `${etcd.prefix}units/${WEB}` }, signal);
      const stored: unknown = JSON.parse(items[0]?.value ?? "");
      expect(stored).toEqual({ ...value, createdBy: { directories: [M1, M2] } });
      expect(await registry.commitDrop(write, signal)).toBe(false);
    });

    test("a unit and its record go together, the file stays for the collector", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await store(registry, await view(registry), [M1]);
      const write = {
        machine: M1,
        name: WEB,
        seen: await view(registry),
        change: { kind: "destroy" },
        record: undefined,
      } as const;
      expect(await registry.commitDrop(write, signal)).toBe(true);
      expect(await keysBelow(etcd, "")).toEqual([`unit-files/${HASH}`]);
      expect(await registry.commitDrop(write, signal)).toBe(false);
    });

    test("a unit whose file the API replaces belongs to no directory any more", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await store(registry, await view(registry), [M1]);
      const { unitRevision } = await view(registry);
      const change = { name: WEB, targetState: "inactive", expected: unitRevision } as const;
      await registry.setTargetState(change, signal);
      const stopped = await view(registry);
      expect(stopped.unit).toEqual({ ...SUBMITTED, targetState: "inactive", directories: [M1] });
      const file = fileOf("/bin/other");
      const put = { name: WEB, file, targetState: "launched" } as const;
      await registry.putUnit(put, stopped.unitRevision, signal);
      expect((await view(registry)).unit).toEqual({
        hash: unitHash(file),
        targetState: "launched",
      });
    });

    test("each machine lists its own files, and a page all of them", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await store(registry, await view(registry), [M1]);
      await note(registry, M1, "my app.service", "invalid character");
      await note(registry, M2, DB, "is empty");
      expect(await registry.dropNames(M1, signal)).toEqual(["my app.service", WEB]);
      const first = await registry.dropPage({ start: { kind: "first" }, limit: 2 }, signal);
      expect(first.items).toEqual([
        { machine: M1, name: "my app.service", problem: "invalid character" },
        { machine: M1, name: WEB, submitted: SUBMITTED },
      ]);
      const start = { kind: "after", key: first.nextAfter ?? "" } as const;
      const second = await registry.dropPage({ start, limit: 2 }, signal);
      expect(second).toEqual({ items: [{ machine: M2, name: DB, problem: "is empty" }] });
    });

    test("a file whose unit somebody destroyed or took over is listed as such", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const files = async () =>
        (await registry.dropPage({ start: { kind: "first" }, limit: 10 }, signal)).items;
      await store(registry, await view(registry), [M1]);
      const file = { machine: M1, name: WEB, submitted: SUBMITTED };
      expect(await files()).toEqual([file]);
      await registry.destroyUnit(WEB, signal);
      expect(await files()).toEqual([{ ...file, lost: "destroyed" }]);
      await registry.putUnit({ name: WEB, file: FILE, targetState: "loaded" }, 0, signal);
      expect(await files()).toEqual([{ ...file, lost: "taken-over" }]);
      const seen = await view(registry);
      const record = { submitted: SUBMITTED, problem: "no" };
      await registry.commitDrop({ machine: M1, name: WEB, seen, record }, signal);
      expect(await files()).toEqual([{ ...file, problem: "no" }]);
    });

    test("many names are seen at once, in their order", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const names = unitNames(200);
      for (const name of names.slice(150)) {
        await registry.putUnit({ name, file: FILE, targetState: "loaded" }, 0, signal);
      }
      const views = await registry.dropViews(M1, names, signal);
      expect(views.map(({ unit }) => unit !== undefined)).toEqual(names.map((_, n) => n >= 150));
    });

    test("what another program broke is no absence of the unit, and no record", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await scribble(etcd, `units/${WEB}`, "oops");
      await scribble(etcd, `submissions/${M1}/${WEB}`, "oops");
      const { unit, record } = await view(registry);
      expect(unit).toBeInstanceOf(RegistryDataError);
      expect(record).toEqual({});
      await scribble(etcd, `units/${WEB}`, JSON.stringify({ ...SUBMITTED, createdBy: "me" }));
      expect((await view(registry)).unit).toEqual(SUBMITTED);
    });
  });
  describeWatchedUnits(open);
}

function describeWatchedUnits(open: () => Promise<StoreUnderTest>): void {
  describe("watched units", () => {
    test("units that changed since they were seen are told, later changes too", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await store(registry, await view(registry), [M1]);
      const { unitRevision } = await view(registry);
      const told: UnitName[] = [];
      const end = new AbortController();
      const seen = new Map([
        [WEB, unitRevision],
        [DB, 4711],
      ]);
      const watching = registry.watchUnits(seen, (unit) => told.push(unit), end.signal);
      await etcd.until("the one that is gone is told", () => told.length > 0);
      expect(told).toEqual([DB]);
      await registry.destroyUnit(WEB, signal);
      await etcd.until("the destroyed one is told", () => told.length > 1);
      expect(told).toEqual([DB, WEB]);
      end.abort();
      await watching;
    });
  });
}

async function view(registry: Registry, machine = M1): Promise<DropView> {
  const [found] = await registry.dropViews(machine, [WEB], signal);
  if (found === undefined) throw new Error("no view");
  return found;
}

function store(
  registry: Registry,
  seen: DropView,
  directories: readonly MachineId[],
): Promise<boolean> {
  const targetState: TargetState = "launched";
  const change = { kind: "store", file: FILE, targetState, directories } as const;
  const write = { machine: M1, name: WEB, seen, change, record: { submitted: SUBMITTED } };
  return registry.commitDrop(write, signal);
}

async function note(
  registry: Registry,
  machine: MachineId,
  name: string,
  problem: string,
): Promise<void> {
  const [seen] = await registry.dropViews(machine, [name], signal);
  if (seen === undefined) throw new Error("no view");
  await registry.commitDrop({ machine, name, seen, record: { problem } }, signal);
}
