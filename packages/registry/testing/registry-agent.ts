import {
  DuplicateMachineError,
  RegistryUnavailableError,
  type UnitName,
  type UnitState,
} from "@fleet/core";
import { describe, expect, test } from "vitest";

import type { KeyValue, Registry } from "../src/index.ts";
import {
  assign,
  DB,
  FILE,
  fileOf,
  HASH,
  keysBelow,
  leadershipOf,
  M1,
  M2,
  machineOf,
  registryOn,
  remove,
  scribble,
  signal,
  stateOf,
  statesOf,
  TTL_MS,
  unitNames,
  untilEmpty,
  untilKeys,
  WEB,
} from "./fixtures.ts";
import { Detour, forwardingStore, loseAnswers, silentWatch } from "./forwarding-store.ts";
import { RecordingScheduleSink } from "./recording-sinks.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

type Open = () => Promise<StoreUnderTest>;

export function describeAgentSide(open: Open): void {
  describePresence(open);
  describeSchedule(open);
}

function announce(registry: Registry, instance: string, more = {}) {
  const announcement = { machine: machineOf(M1, more), instance, ttlMs: TTL_MS };
  return registry.announce(announcement, signal);
}

async function recordOf(etcd: StoreUnderTest): Promise<KeyValue | undefined> {
  const key = `${etcd.prefix}machines/${M1}/object`;
  return (await etcd.open().range({ start: key }, signal)).items[0];
}

/** The machine's record when it goes with a lease again. */
async function recordOnceMended(etcd: StoreUnderTest): Promise<KeyValue> {
  const giveUpAtMs = etcd.clock.monotonicMs() + TTL_MS;
  for (;;) {
    const record = await recordOf(etcd);
    if (record?.lease !== undefined) return record;
    if (etcd.clock.monotonicMs() > giveUpAtMs) throw new Error(`still ${record?.value}`);
    await etcd.pass(20);
  }
}

/** What a promise comes to, be it an error, while time goes on. */
async function outcomeOf(etcd: StoreUnderTest, promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown;
  promise.then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error),
  );
  await etcd.until("it has come to an end", () => outcome !== undefined);
  return outcome;
}

function describePresence(open: Open): void {
  describe("presence", () => {
    test("another instance under the same ID is refused while it lives, and told who is there", async () => {
      await using etcd = await open();
      const first = await announce(registryOn(etcd), "one");
      const second = registryOn(etcd);
      const refused = await outcomeOf(etcd, announce(second, "two"));
      expect(refused).toBeInstanceOf(DuplicateMachineError);
      expect(String(refused)).toMatch(new RegExp(`${M1}.*host-1.*10\\.0\\.0\\.1`));
      expect([first.lost.aborted, first.remainingMs() > 0]).toEqual([false, true]);
      // Its lease was waited for once: from now on the answer is there at once, and so is its end.
      await expect(announce(second, "two")).rejects.toThrow(DuplicateMachineError);
      await first.leave(signal);
      expect((await announce(second, "two")).remainingMs()).toBeGreaterThan(0);
    });

    test("a machine that lost its token in a power cut joins when its old lease ends", async () => {
      await using etcd = await open();
      const before = etcd.open();
      const presence = await announce(registryOn(etcd, before), "one");
      await presence.publish(statesOf(stateOf(WEB, M1)), signal);
      await before.close();
      const joined = await outcomeOf(etcd, announce(registryOn(etcd), "two"));
      expect(joined).toMatchObject({ lost: { aborted: false } });
      expect(await keysBelow(etcd, "")).toEqual([`machines/${M1}/object`]);
    });

    test("a machine that waits for its old lease stops waiting when it is told to", async () => {
      await using etcd = await open();
      await announce(registryOn(etcd), "one");
      const stop = new AbortController();
      const announcement = { machine: machineOf(M1), instance: "two", ttlMs: TTL_MS };
      const waiting = registryOn(etcd).announce(announcement, stop.signal);
      stop.abort(new Error("told to stop"));
      await expect(waiting).rejects.toThrow("told to stop");
    });

    test("a record that another program broke is written over by its machine", async () => {
      await using etcd = await open();
      await scribble(etcd, `machines/${M1}/object`, "oops");
      const presence = await announce(registryOn(etcd), "one");
      expect(presence.lost.aborted).toBe(false);
      const page = { start: { kind: "first" }, limit: 9 } as const;
      const { items } = await registryOn(etcd).machinePage(page, signal);
      expect(items.map(({ id }) => id)).toEqual([M1]);
    });

    test.for<[what: string, value: string | undefined]>([
      ["broken", "oops"],
      ["untied from its lease", undefined],
    ])("the record of a machine that is here is mended when it is %s", async ([, value]) => {
      await using etcd = await open();
      const store = etcd.open();
      const presence = await announce(registryOn(etcd, store), "one");
      const before = await recordOf(etcd);
      await scribble(etcd, `machines/${M1}/object`, value ?? before?.value ?? "");
      const { value: record, lease } = await recordOnceMended(etcd);
      expect({ record, lease }).toEqual({ record: before?.value, lease: before?.lease });
      expect(presence.lost.aborted).toBe(false);
      await store.close();
      await untilEmpty(etcd, "machines/");
    });

    test("an announcement whose answer gets lost does not take the machine away", async () => {
      await using etcd = await open();
      await announce(registryOn(etcd), "one");
      const store = etcd.open();
      const lossy = registryOn(etcd, loseAnswers(store, 1));
      await expect(announce(lossy, "one")).rejects.toThrow("the answer got lost");
      expect(await keysBelow(etcd, "machines/")).toEqual([`machines/${M1}/object`]);
      const presence = await announce(lossy, "one");
      await etcd.pass(TTL_MS * 1.5);
      expect(await keysBelow(etcd, "machines/")).toEqual([`machines/${M1}/object`]);
      expect(presence.lost.aborted).toBe(false);
    });

    test("a machine that may have been announced stays so until it is known", async () => {
      await using etcd = await open();
      const lossy = registryOn(etcd, loseAnswers(etcd.open(), 1));
      await expect(announce(lossy, "one")).rejects.toThrow("the answer got lost");
      await etcd.pass(TTL_MS * 1.5);
      const record = await recordOf(etcd);
      expect(record?.key).toBe(`${etcd.prefix}machines/${M1}/object`);
      const presence = await announce(lossy, "one");
      expect((await recordOf(etcd))?.lease).toBe(record?.lease);
      await presence.leave(signal);
      expect(await keysBelow(etcd, "machines/")).toEqual([`machines/${M1}/departed`]);
    });

    test("the same instance takes over at once, and its old lease takes nothing along", async () => {
      await using etcd = await open();
      const crashed = etcd.open();
      const before = await announce(registryOn(etcd, crashed), "one");
      await before.publish(statesOf(stateOf(WEB, M1), stateOf(DB, M1)), signal);
      await crashed.close();
      const after = await announce(registryOn(etcd), "one", { publicIp: "10.0.0.2" });
      await after.publish(statesOf(stateOf(WEB, M1)), signal);
      await etcd.pass(TTL_MS * 1.5);
      expect(await keysBelow(etcd, "machines/")).toEqual([`machines/${M1}/object`]);
      expect(await keysBelow(etcd, "states/")).toEqual([`states/${M1}/${WEB}`]);
      const page = { start: { kind: "first" }, limit: 9 } as const;
      const { items } = await registryOn(etcd).machinePage(page, signal);
      expect(items[0]?.publicIp).toBe("10.0.0.2");
    });

    test("a machine that leaves takes its presence and states along, at once, and says that it left", async () => {
      await using etcd = await open();
      const presence = await announce(registryOn(etcd), "one");
      await presence.publish(statesOf(stateOf(WEB, M1)), signal);
      await presence.leave(signal);
      expect(await keysBelow(etcd, "")).toEqual([`machines/${M1}/departed`]);
      expect([presence.remainingMs(), presence.lost.aborted]).toEqual([0, false]);
      await announce(registryOn(etcd), "two");
      expect(await keysBelow(etcd, "")).toEqual([`machines/${M1}/object`]);
    });

    test("a machine that is cut off knows when it is gone, and can come back", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const presence = await announce(registry, "one");
      await presence.publish(statesOf(stateOf(WEB, M1)), signal);
      await etcd.cutOff();
      await etcd.until("the loss is known", () => presence.lost.aborted);
      await etcd.heal();
      await untilEmpty(etcd, "");
      const late = presence.publish(statesOf(stateOf(WEB, M1)), signal);
      await expect(late).rejects.toThrow(RegistryUnavailableError);
      expect((await announce(registry, "one")).remainingMs()).toBeGreaterThan(0);
    });

    test("a machine describes itself anew", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const presence = await announce(registry, "one");
      const metadata = new Map([["disk", "hdd"]]);
      await presence.update(machineOf(M1, { metadata }), signal);
      const page = { start: { kind: "first" }, limit: 9 } as const;
      expect((await registry.machinePage(page, signal)).items[0]?.metadata).toEqual(metadata);
    });

    test("a record that somebody removed is written again, and neither presence nor states end", async () => {
      await using etcd = await open();
      const presence = await announce(registryOn(etcd), "one");
      await presence.publish(statesOf(stateOf(WEB, M1)), signal);
      const record = await recordOf(etcd);
      await remove(etcd, `machines/${M1}/object`);
      await untilKeys(etcd, "", [`machines/${M1}/object`, `states/${M1}/${WEB}`]);
      const again = await recordOf(etcd);
      expect([again?.value, again?.lease]).toEqual([record?.value, record?.lease]);
      await presence.publish(statesOf(stateOf(DB, M1)), signal);
      await etcd.pass(TTL_MS * 1.5);
      const states = [`states/${M1}/${DB}`, `states/${M1}/${WEB}`];
      expect(await keysBelow(etcd, "")).toEqual([`machines/${M1}/object`, ...states].toSorted());
      expect(presence.lost.aborted).toBe(false);
    });

    test("a record that was removed and cannot be written again is a presence lost, and its lease ends", async () => {
      await using etcd = await open();
      let refuses = false;
      const store = etcd.open();
      const full = forwardingStore(store, {
        txn: (...args) =>
          refuses
            ? Promise.reject(new RegistryUnavailableError("etcd is full"))
            : store.txn(...args),
      });
      const presence = await announce(registryOn(etcd, full), "one");
      await presence.publish(statesOf(stateOf(WEB, M1)), signal);
      refuses = true;
      await remove(etcd, `machines/${M1}/object`);
      await etcd.until("the loss is known", () => presence.lost.aborted);
      expect(presence.remainingMs()).toBe(0);
      await etcd.pass(TTL_MS * 1.5);
      expect(await keysBelow(etcd, "")).toEqual([]);
    });

    test("a machine that leaves while its record is written again has left", async () => {
      await using etcd = await open();
      const detour = new Detour(etcd.open());
      const presence = await announce(registryOn(etcd, detour.store), "one");
      detour.holdAfter(1); // the first one finds that the record has changed
      await remove(etcd, `machines/${M1}/object`);
      await etcd.until("it is being written again", () => detour.holds);
      const left = presence.leave(signal);
      await etcd.pass(100);
      await detour.letGo();
      await left;
      expect(await keysBelow(etcd, "")).toEqual([`machines/${M1}/departed`]);
    });

    test("a description is written also where the record was removed", async () => {
      await using etcd = await open();
      const deaf = forwardingStore(etcd.open(), { watch: silentWatch });
      const presence = await announce(registryOn(etcd, deaf), "one");
      await remove(etcd, `machines/${M1}/object`);
      await presence.update(machineOf(M1, { publicIp: "10.0.0.2" }), signal);
      expect((await recordOf(etcd))?.value).toContain("10.0.0.2");
      expect(presence.lost.aborted).toBe(false);
    });

    test("a machine whose record another one has written knows it", async () => {
      await using etcd = await open();
      const presence = await announce(registryOn(etcd), "one");
      const record = { ID: M1, hostname: "host-2", instance: "two" };
      await scribble(etcd, `machines/${M1}/object`, "oops");
      await scribble(etcd, `machines/${M1}/object`, JSON.stringify(record));
      await etcd.until("the loss is known", () => presence.lost.aborted);
      expect(String(presence.lost.reason)).toContain("another machine wrote it");
    });

    test("hundreds of states are published, and removed, in one call", async () => {
      await using etcd = await open();
      const presence = await announce(registryOn(etcd), "one");
      const units = unitNames(300);
      await presence.publish(statesOf(...units.map((unit) => stateOf(unit, M1))), signal);
      expect(await keysBelow(etcd, "states/")).toEqual(units.map((unit) => `states/${M1}/${unit}`));
      const gone = units
        .slice(1)
        .map((unit): [UnitName, UnitState | undefined] => [unit, undefined]);
      await presence.publish(new Map(gone), signal);
      expect(await keysBelow(etcd, "states/")).toEqual([`states/${M1}/${units[0]}`]);
    });
  });
}

function describeSchedule(open: Open): void {
  describe("a work list", () => {
    test("is told whole, then change by change, and is nobody else's", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const leadership = await leadershipOf(registry, M2);
      await leadership.commit([assign(M1, WEB), assign(M2, DB)], signal);
      const sink = new RecordingScheduleSink();
      void registry.watchSchedule(M1, sink, signal);
      await etcd.until("the view is current", () => sink.isLive === true);
      await leadership.commit([assign(M1, WEB, { targetState: "loaded" })], signal);
      await leadership.commit([assign(M2, WEB)], signal);
      await leadership.commit(
        [{ kind: "unassign", machine: M1, unit: WEB }, assign(M1, DB)],
        signal,
      );
      await etcd.until("all is told", () => sink.told.length === 3);
      expect(sink.told).toEqual([
        `all: ${WEB}@launched`,
        `${WEB}@loaded`,
        expect.toSatisfy(
          (words: string) => words.split(" ").toSorted().join() === `-${WEB},${DB}@launched`,
        ),
      ]);
    });

    test("what cannot be read is told as such, never as gone, and heals", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      await scribble(etcd, `schedule/${M1}/${WEB}`, "oops");
      await scribble(etcd, `schedule/${M1}/no-unit`, "oops");
      const sink = new RecordingScheduleSink();
      void registry.watchSchedule(M1, sink, signal);
      await etcd.until("the view is current", () => sink.isLive === true);
      await scribble(etcd, `schedule/${M1}/${WEB}`, `{"hash":"${HASH}","targetState":"loaded"}`);
      await scribble(etcd, `schedule/${M1}/${WEB}`, `{"hash":"${HASH}","targetState":"inactive"}`);
      await etcd.until("all is told", () => sink.told.length === 3);
      expect(sink.told).toEqual([
        `all: ?${etcd.prefix}schedule/${M1}/no-unit ?${WEB}`,
        `${WEB}@loaded`,
        `?${WEB}`,
      ]);
    });

    test("after an interruption it is told whole again, also what happened meanwhile", async () => {
      await using etcd = await open();
      const store = etcd.open();
      const registry = registryOn(etcd, store);
      await scribble(etcd, `schedule/${M1}/${WEB}`, `{"hash":"${HASH}","targetState":"loaded"}`);
      const sink = new RecordingScheduleSink();
      const stop = new AbortController();
      const watching = registry.watchSchedule(M1, sink, stop.signal);
      await etcd.until("the view is current", () => sink.isLive === true);
      await etcd.cutOff();
      await etcd.until("the view may be stale", () => sink.isLive === false);
      await etcd.heal();
      await scribble(etcd, `schedule/${M1}/${DB}`, `{"hash":"${HASH}","targetState":"loaded"}`);
      await etcd.until("the view is current again", () => sink.isLive === true);
      await etcd.until("the new entry is told", () => sink.told.join().includes(DB));
      expect(sink.told.at(-1)).toContain(`${DB}@loaded`);
      stop.abort();
      await watching;
    });

    test("unit files are read by their hashes; what is not there is left out", async () => {
      await using etcd = await open();
      const registry = registryOn(etcd);
      const other = fileOf("/bin/other");
      await registry.putUnit({ name: WEB, file: FILE, targetState: "loaded" }, 0, signal);
      await registry.putUnit({ name: DB, file: other, targetState: "loaded" }, 0, signal);
      const [unknown, broken, wrong] = ["0", "1", "2"].map(
        (digit) => digit.repeat(40) as typeof HASH,
      );
      await scribble(etcd, `unit-files/${broken}`, "[no end");
      await scribble(etcd, `unit-files/${wrong}`, "[Service]\nExecStart=/bin/other\n");
      const files = await registry.unitFiles(
        [HASH, HASH, unknown, broken, wrong].flatMap((hash) => hash ?? []),
        signal,
      );
      expect(files).toEqual(new Map([[HASH, FILE]]));
      expect(await registry.unitFiles([], signal)).toEqual(new Map());
    });
  });
}
