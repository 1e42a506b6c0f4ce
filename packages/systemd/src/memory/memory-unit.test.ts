import { parseUnitName } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { RecordingSink } from "../../testing/recording-sink.ts";
import { sampleUnit } from "../../testing/sample-units.ts";
import type { UnitBehaviour } from "./behaviour.ts";
import { MemorySystemd } from "./memory-systemd.ts";
import { MemoryUnitManager } from "./memory-unit-manager.ts";

const { signal } = new AbortController();
const WEB = parseUnitName("web.service");

test("the journal tells when a unit's processes began, were told to end, and ended", async () => {
  const { clock, systemd, manager } = await machine({ startMs: 100, stopMs: 30 });
  const starting = manager.start(WEB, signal);
  await clock.advance(100);
  expect(await starting).toBe("done");
  await clock.advance(1_000);
  const stopping = manager.stop(WEB, signal);
  await clock.advance(30);
  expect(await stopping).toBe("done");
  expect(systemd.journal).toEqual([
    { atMs: 0, unit: WEB, kind: "start" },
    { atMs: 1_100, unit: WEB, kind: "stop" },
    { atMs: 1_130, unit: WEB, kind: "end" },
  ]);
});

test("a start that takes back a stop waits for the end of what is ending", async () => {
  const { clock, systemd, manager } = await machine({ stopMs: 30 });
  await manager.start(WEB, signal);
  const stopping = manager.stop(WEB, signal);
  await clock.advance(10);
  const starting = manager.start(WEB, signal);
  await clock.advance(100);
  expect([await stopping, await starting]).toEqual(["canceled", "done"]);
  expect(systemd.journal.map(({ atMs, kind }) => `${kind} ${atMs}`)).toEqual([
    "start 0",
    "stop 0",
    "end 30",
    "start 30",
  ]);
});

test("a stop that never ends leaves the unit deactivating, until the machine restarts", async () => {
  const { clock, systemd, manager } = await machine({ stopMs: "never" });
  await manager.start(WEB, signal);
  const stopping = manager.stop(WEB, signal);
  await clock.advance(1_000_000);
  expect(systemd.stateOf(WEB).activeState).toBe("deactivating");
  systemd.reboot();
  expect(await stopping).toBe("canceled");
  expect(clock.sleepers).toBe(0);
});

test("two starts of one unit are one", async () => {
  const { clock, systemd, manager } = await machine({ startMs: 10 });
  const starting = [manager.start(WEB, signal), manager.start(WEB, signal)];
  await clock.advance(10);
  expect(await Promise.all(starting)).toEqual(["done", "done"]);
  expect(systemd.journal).toHaveLength(1);
});

test("a crash fails the unit and is reported", async () => {
  const { clock, systemd, manager } = await machine({});
  await manager.start(WEB, signal);
  const sink = new RecordingSink();
  const end = new AbortController();
  const watching = manager.watch(sink, end.signal);
  systemd.crash(WEB);
  await clock.advance(5);
  expect([...sink.changed]).toEqual([WEB]);
  expect(systemd.stateOf(WEB).activeState).toBe("failed");
  end.abort();
  await watching;
});

test("a reboot leaves nothing of what lay under /run, whatever was under way", async () => {
  const { clock, systemd, manager } = await machine({ startMs: 1_000 });
  const starting = manager.start(WEB, signal);
  await clock.advance(10);
  systemd.reboot();
  expect(await starting).toBe("canceled");
  expect(await manager.installed(signal)).toEqual([]);
  await clock.advance(10_000);
  expect(systemd.stateOf(WEB)).toEqual({
    loadState: "not-found",
    activeState: "inactive",
    subState: "dead",
  });
  expect(systemd.journal.map(({ kind }) => kind)).toEqual(["start", "end"]);
});

test("while systemd cannot be reached every call fails, and what runs goes on", async () => {
  const { systemd, manager } = await machine({});
  await manager.start(WEB, signal);
  systemd.setReachable(false);
  await expect(manager.stop(WEB, signal)).rejects.toThrow("systemd cannot be reached");
  expect(systemd.stateOf(WEB).activeState).toBe("active");
});

async function machine(
  behaviour: UnitBehaviour,
): Promise<{ clock: ManualClock; systemd: MemorySystemd; manager: MemoryUnitManager }> {
  const clock = new ManualClock();
  const systemd = new MemorySystemd(clock);
  const manager = new MemoryUnitManager({ clock, systemd });
  systemd.behave(WEB, behaviour);
  await manager.install([sampleUnit(WEB, "runs")], signal);
  return { clock, systemd, manager };
}
