import { RegistryUnavailableError } from "@fleet/core";
import { describe, expect, test } from "vitest";

import { type Operation, RevisionCompactedError, type Store, TXN_OPS_MAX } from "../src/index.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

const { signal } = new AbortController();

/** Writes keys, one revision each; returns the last revision. */
export async function putAll(store: Store, keys: readonly string[], value = "v"): Promise<number> {
  let revision = 0;
  for (const key of keys) {
    const success: Operation[] = [{ kind: "put", key, value }];
    ({ revision } = await store.txn({ compare: [], success }, signal));
  }
  return revision;
}

/** Writes many keys in few transactions. */
async function putMany(store: Store, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += TXN_OPS_MAX) {
    const some = keys.slice(from, from + TXN_OPS_MAX);
    const success = some.map((key): Operation => ({ kind: "put", key, value: "v" }));
    await store.txn({ compare: [], success }, signal);
  }
}

export function describeKeys(open: () => Promise<StoreUnderTest>): void {
  describeRanges(open);
  describeTransactions(open);
  describeFailures(open);
}

function describeRanges(open: () => Promise<StoreUnderTest>): void {
  describe("ranges", () => {
    test("every answer names the cluster, and it is the same for every client", async () => {
      await using etcd = await open();
      const [one, other] = [etcd.open(), etcd.open()];
      const { cluster } = await one.range({ start: etcd.prefix }, signal);
      expect(cluster).toMatch(/^[1-9]\d*$/);
      expect((await other.txn({ compare: [], success: [] }, signal)).cluster).toBe(cluster);
    });

    test("a range has its start and not its end, in the byte order of UTF-8", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      // In UTF-16 the emoji's first unit sorts before U+FF5E.
      const names = ["a", "a-b", "a.b", "a/b", "aa", "b", "\u{ff5e}", "\u{1f600}"];
      await putAll(store, names.map((name) => p + name).toReversed());
      const { items } = await store.range({ start: `${p}a-b`, end: `${p}\u{1f600}` }, signal);
      expect(items.map((item) => item.key.slice(p.length))).toEqual(names.slice(1, -1));
    });

    test("a range without an end is one key", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const revision = await putAll(store, [`${p}a`, `${p}aa`]);
      const { items, more } = await store.range({ start: `${p}aa` }, signal);
      const expected = { value: "v", createRevision: revision, modRevision: revision };
      expect({ items, more }).toEqual({ items: [{ key: `${p}aa`, ...expected }], more: false });
    });

    test("a range that ends where it starts, or before, is empty", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      await putAll(store, [`${p}a`, `${p}b`]);
      for (const end of [`${p}a`, p]) {
        const { items } = await store.range({ start: `${p}a`, end }, signal);
        expect(items).toEqual([]);
      }
    });

    test("a limit cuts the answer short and says so", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      await putAll(store, [`${p}a`, `${p}b`, `${p}c`]);
      const query = { start: p, end: `${p}z` };
      const two = await store.range({ ...query, limit: 2 }, signal);
      const three = await store.range({ ...query, limit: 3 }, signal);
      expect([two.items.length, two.more]).toEqual([2, true]);
      expect([three.items.length, three.more]).toEqual([3, false]);
    });

    test("a range of thousands of keys is read whole, at one revision", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const keys = Array.from(
        { length: 2_500 },
        (_, index) => `${p}${String(index).padStart(5, "0")}`,
      );
      await putMany(store, keys);
      const list = store.range({ start: p, end: `${p}z` }, signal);
      const later = putAll(store, [`${p}99999`]);
      const { items, revision, more } = await list;
      await later;
      expect(items.filter((item) => item.modRevision > revision)).toEqual([]);
      expect(items.slice(0, 2_500).map((item) => item.key)).toEqual(keys);
      expect(more).toBe(false);
      const limited = await store.range({ start: p, end: `${p}z`, limit: 1_500 }, signal);
      expect([limited.items.length, limited.more]).toEqual([1_500, true]);
    });

    test("only keys have no values", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      await putAll(store, [`${p}a`]);
      const { items } = await store.range({ start: `${p}a`, keysOnly: true }, signal);
      expect(items.map((item) => [item.key, item.value])).toEqual([[`${p}a`, ""]]);
    });

    test("the past can be read until it is compacted", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const first = await putAll(store, [`${p}a`, `${p}b`]);
      await store.txn({ compare: [], success: [{ kind: "delete", key: `${p}a` }] }, signal);
      const last = await putAll(store, [`${p}b`], "new");
      const past = { start: p, end: `${p}z`, revision: first };
      const { items, revision } = await store.range(past, signal);
      expect(items.map((item) => [item.key, item.value])).toEqual([
        [`${p}a`, "v"],
        [`${p}b`, "v"],
      ]);
      expect(revision).toBe(first);
      await etcd.compact(last);
      await expect(store.range(past, signal)).rejects.toThrow(RevisionCompactedError);
      const get: Operation = { kind: "get", key: `${p}b`, revision: first };
      await expect(store.txn({ compare: [], success: [get] }, signal)).rejects.toThrow(
        RevisionCompactedError,
      );
      const kept = await store.range({ ...past, revision: last }, signal);
      expect(kept.items.map((item) => item.value)).toEqual(["new"]);
    });
  });
}

function describeTransactions(open: () => Promise<StoreUnderTest>): void {
  describe("transactions", () => {
    test("create stays, mod moves with each write, both begin again after a removal", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const key = `${p}a`;
      const created = await putAll(store, [key]);
      const changed = await putAll(store, [key]);
      const read = async () => (await store.range({ start: key }, signal)).items[0];
      expect(await read()).toMatchObject({ createRevision: created, modRevision: changed });
      await store.txn({ compare: [], success: [{ kind: "delete", key }] }, signal);
      const again = await putAll(store, [key]);
      expect(await read()).toMatchObject({ createRevision: again, modRevision: again });
    });

    test("a comparison that fails runs the other branch, which may read", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const key = `${p}a`;
      const revision = await putAll(store, [key], "theirs");
      const result = await store.txn(
        {
          compare: [{ key, on: "create", revision: 0 }],
          success: [{ kind: "put", key, value: "mine" }],
          failure: [{ kind: "get", key }],
        },
        signal,
      );
      const item = { key, value: "theirs", createRevision: revision, modRevision: revision };
      expect(result).toMatchObject({ succeeded: false, revision, reads: [[item]], deleted: [0] });
    });

    test.for<
      [promise: string, on: "create" | "mod", wanted: "created" | "changed", holds: boolean]
    >([
      ["create holds for the revision of the first write", "create", "created", true],
      ["create does not hold for that of the last write", "create", "changed", false],
      ["mod holds for the revision of the last write", "mod", "changed", true],
      ["mod does not hold for that of the first write", "mod", "created", false],
    ])("%s", async ([, on, wanted, holds]) => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const key = `${p}a`;
      const revisions = {
        created: await putAll(store, [key]),
        changed: await putAll(store, [key]),
      };
      const compare = [{ key, on, revision: revisions[wanted] }];
      const { succeeded } = await store.txn({ compare, success: [] }, signal);
      expect(succeeded).toBe(holds);
    });

    test("of two who create the same key at once one wins", async () => {
      await using etcd = await open();
      const [store, other, p] = [etcd.open(), etcd.open(), etcd.prefix];
      const key = `${p}a`;
      const results = await Promise.all(
        [store, other].map((each) =>
          each.txn(
            {
              compare: [{ key, on: "create", revision: 0 }],
              success: [{ kind: "put", key, value: "mine" }],
            },
            signal,
          ),
        ),
      );
      expect(results.filter((result) => result.succeeded).length).toBe(1);
    });

    test("operations happen in order, as one revision; a removed range says how many it had", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const before = await putAll(store, [`${p}a`, `${p}b`, `${p}c`]);
      const result = await store.txn(
        {
          compare: [],
          success: [
            { kind: "get", key: p, end: `${p}z`, limit: 2 },
            { kind: "delete", key: `${p}a`, end: `${p}c` },
            { kind: "put", key: `${p}d`, value: "new" },
            { kind: "get", key: p, end: `${p}z` },
            { kind: "delete", key: `${p}none` },
          ],
        },
        signal,
      );
      expect(result.revision).toBe(before + 1);
      expect(result.deleted).toEqual([0, 2, 0, 0, 0]);
      const keysRead = result.reads.map((read) => read.map((item) => item.key));
      expect(keysRead).toEqual([[`${p}a`, `${p}b`], [], [], [`${p}c`, `${p}d`], []]);
    });

    test("a transaction that changes nothing takes no revision", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const before = await putAll(store, [`${p}a`]);
      const success: Operation[] = [{ kind: "delete", key: `${p}none` }];
      const { revision } = await store.txn({ compare: [], success }, signal);
      expect(revision).toBe(before);
    });

    test.for<[promise: string, operations: (p: string) => Operation[]]>([
      [
        "a key written twice is refused",
        (p) => [1, 2].map((n) => ({ kind: "put", key: `${p}a`, value: `${n}` })),
      ],
      [
        "a key written and removed is refused",
        (p) => [
          { kind: "put", key: `${p}b`, value: "v" },
          { kind: "delete", key: `${p}a`, end: `${p}c` },
        ],
      ],
      [
        "more operations than etcd takes are refused",
        (p) =>
          Array.from({ length: TXN_OPS_MAX + 1 }, (_, n) => ({
            kind: "put",
            key: `${p}${n}`,
            value: "v",
          })),
      ],
      [
        "a write under a lease that is over is refused",
        (p) => [
          { kind: "put", key: `${p}a`, value: "v" },
          { kind: "put", key: `${p}b`, value: "v", lease: "4711" },
        ],
      ],
    ])("%s, and nothing is written", async ([, operations]) => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      await expect(store.txn({ compare: [], success: operations(p) }, signal)).rejects.toThrow();
      expect((await store.range({ start: p, end: `${p}z` }, signal)).items).toEqual([]);
    });

    test("as many operations as etcd takes are taken", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const keys = Array.from({ length: TXN_OPS_MAX }, (_, n) => `${p}${n}`);
      await putMany(store, keys);
      expect((await store.range({ start: p, end: `${p}z` }, signal)).items.length).toBe(
        TXN_OPS_MAX,
      );
    });
  });
}

function describeFailures(open: () => Promise<StoreUnderTest>): void {
  describe("failures", () => {
    test("requests fail while nothing answers, and work again afterwards", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      await putAll(store, [`${p}a`]);
      await etcd.cutOff();
      await expect(store.range({ start: p }, signal)).rejects.toThrow(RegistryUnavailableError);
      await expect(putAll(store, [`${p}b`])).rejects.toThrow(RegistryUnavailableError);
      await expect(store.grantLease(3_000, signal)).rejects.toThrow(RegistryUnavailableError);
      await etcd.heal();
      const { items } = await store.range({ start: `${p}a` }, signal);
      expect(items.length).toBe(1);
    });

    test("an aborted caller sees its own reason", async () => {
      await using etcd = await open();
      const store = etcd.open();
      const reason = new Error("the caller went home");
      const aborted = AbortSignal.abort(reason);
      await expect(store.range({ start: "a" }, aborted)).rejects.toBe(reason);
      await expect(store.txn({ compare: [], success: [] }, aborted)).rejects.toBe(reason);
      await expect(store.grantLease(3_000, aborted)).rejects.toBe(reason);
    });

    test("a closed store answers nothing and leaves others alone", async () => {
      await using etcd = await open();
      const [store, other, p] = [etcd.open(), etcd.open(), etcd.prefix];
      await store.close();
      await expect(store.range({ start: p }, signal)).rejects.toThrow(RegistryUnavailableError);
      expect((await other.range({ start: p }, signal)).items).toEqual([]);
    });
  });
}
