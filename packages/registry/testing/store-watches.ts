import { describe, expect, test } from "vitest";

import { putAll } from "./store-keys.ts";
import type { StoreUnderTest } from "./store-under-test.ts";
import { RecordedWatch } from "./recorded-watch.ts";

const { signal } = new AbortController();

export function describeWatches(open: () => Promise<StoreUnderTest>): void {
  describe("watches", () => {
    test("a watch tells every change of its range, a revision at a time, and no other", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const before = await putAll(store, [`${p}m/0`]);
      const range = { start: `${p}m/`, end: `${p}m0`, fromRevision: before + 1 };
      const watch = new RecordedWatch(store, range);
      await etcd.until("the watch is live", () => watch.live);
      await store.txn(
        {
          compare: [],
          success: [
            { kind: "put", key: `${p}m/1`, value: "a" },
            { kind: "put", key: `${p}n`, value: "other" },
            { kind: "put", key: `${p}m/2`, value: "b" },
          ],
        },
        signal,
      );
      await putAll(store, [`${p}l`, `${p}m0`]);
      const success = [{ kind: "delete", key: `${p}m/1`, end: `${p}m/3` }] as const;
      const { revision } = await store.txn({ compare: [], success }, signal);
      await etcd.until("the removal is told", () => watch.revisions.includes(revision));
      expect(watch.told).toEqual([`+${p}m/1=a`, `+${p}m/2=b`, `-${p}m/1`, `-${p}m/2`]);
      expect(watch.revisions).toEqual([before + 1, revision]);
      watch.stop();
      await etcd.until("the watch ends", () => watch.ended !== undefined);
      expect(watch.ended).toEqual({ kind: "aborted" });
    });

    test("a watch from the past tells all of it, in order, then what follows", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const keys = Array.from({ length: 2_000 }, (_, index) => `${p}k${index % 7}`);
      const first = await putAll(store, keys.slice(0, 1));
      await putAll(store, keys.slice(1));
      const watch = new RecordedWatch(store, { start: p, end: `${p}z`, fromRevision: first });
      await etcd.until("the watch is live", () => watch.live);
      await putAll(store, [`${p}last`]);
      await etcd.until("all is told", () => watch.told.at(-1) === `+${p}last=v`);
      expect(watch.told).toEqual([...keys, `${p}last`].map((key) => `+${key}=v`));
      expect(watch.revisions).toEqual(watch.revisions.toSorted((a, b) => a - b));
      watch.stop();
    });

    test("a watch from the future waits for it", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const now = await putAll(store, [`${p}a`]);
      const watch = new RecordedWatch(store, { start: p, end: `${p}z`, fromRevision: now + 2 });
      await etcd.until("the watch is live", () => watch.live);
      await putAll(store, [`${p}b`, `${p}c`]);
      await etcd.until("something is told", () => watch.told.length > 0);
      expect(watch.told).toEqual([`+${p}c=v`]);
      watch.stop();
    });

    test("a watch from a compacted revision says so; one from the compaction on does not", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const first = await putAll(store, [`${p}a`]);
      const last = await putAll(store, [`${p}b`, `${p}c`]);
      await etcd.compact(last);
      const range = { start: p, end: `${p}z` };
      const gone = new RecordedWatch(store, { ...range, fromRevision: first });
      const kept = new RecordedWatch(store, { ...range, fromRevision: last });
      await etcd.until("one ends, one tells", () => !!gone.ended && kept.told.length > 0);
      expect([gone.ended, gone.told, kept.told]).toEqual([{ kind: "compacted" }, [], [`+${p}c=v`]]);
      kept.stop();
    });

    test("a watch that is up to date does not mind a compaction", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const now = await putAll(store, [`${p}a`]);
      const watch = new RecordedWatch(store, { start: p, end: `${p}z`, fromRevision: now + 1 });
      await etcd.until("the watch is live", () => watch.live);
      const later = await putAll(store, [`${p}b`, `${p}c`]);
      await etcd.until("all is told", () => watch.told.length === 2);
      await etcd.compact(later);
      await putAll(store, [`${p}d`]);
      await etcd.until("what follows is told", () => watch.told.length === 3);
      watch.stop();
    });

    test("what a watcher's own code throws ends the watch with it, and no other", async () => {
      await using etcd = await open();
      const [store, p] = [etcd.open(), etcd.prefix];
      const fromRevision = await putAll(store, [`${p}a`]);
      const bug = new Error("a mistake in the handler");
      const range = { start: p, end: `${p}z`, fromRevision };
      const other = new RecordedWatch(store, range);
      const onEvents = (): void => {
        throw bug;
      };
      await expect(store.watch({ ...range, onLive: () => {}, onEvents }, signal)).rejects.toBe(bug);
      await etcd.until("the other is told", () => other.told.length === 1);
      other.stop();
    });

    test("closing the store ends its watches", async () => {
      await using etcd = await open();
      const [store, other, p] = [etcd.open(), etcd.open(), etcd.prefix];
      const range = { start: p, end: `${p}z`, fromRevision: await putAll(store, [`${p}a`]) };
      const [ended, kept] = [new RecordedWatch(store, range), new RecordedWatch(other, range)];
      await etcd.until("both are live", () => ended.live && kept.live);
      await store.close();
      await etcd.until("its watch ends", () => ended.ended !== undefined);
      expect([ended.ended, kept.ended]).toEqual([{ kind: "aborted" }, undefined]);
      kept.stop();
    });
  });
}
