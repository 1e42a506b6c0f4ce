import { RegistryUnavailableError, silentLogger, type UnitHash, type UnitName } from "@fleet/core";
import type { Machine, MachineId, UnitState } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import type { Presence } from "@fleet/registry";
import { beforeEach, expect, test } from "vitest";
import { StatePublisher } from "./publish-states.ts";
import type { UnitReport } from "./unit-report.ts";

const A = "a.service" as UnitName;
const hash = "0".repeat(40) as UnitHash;
const HERE: UnitReport = {
  kind: "installed",
  hash,
  launched: true,
  error: undefined,
  jobError: undefined,
};

let clock = new ManualClock();
let stop = new AbortController();
/** What systemd would say; the unit is not here when it has no word. */
let active = new Map<UnitName, string>();
/** Units of which it says that a condition kept them from being started. */
let skipped = new Set<UnitName>();
let publisher = newPublisher();

function newPublisher(): StatePublisher {
  return new StatePublisher({
    clock,
    log: silentLogger,
    units: {
      states: async (units) =>
        new Map(
          units.map((unit) => {
            const activeState = active.get(unit) ?? "?";
            const run = skipped.has(unit) ? { isSkipped: true as const } : {};
            return [unit, { loadState: "loaded", activeState, subState: "", ...run }];
          }),
        ),
    },
    reports: {
      units: () => [...active.keys()],
      report: (unit) => (active.has(unit) ? HERE : { kind: "gone" }),
      sawActive: () => {},
    },
  });
}

beforeEach(() => {
  clock = new ManualClock();
  stop = new AbortController();
  active = new Map();
  skipped = new Set();
  publisher = newPublisher();
  const running = publisher.run(stop.signal);
  return async () => {
    stop.abort();
    await running;
  };
});

/** A presence that keeps what is published and answers when the test lets it. */
class Store implements Presence {
  readonly lost = new AbortController().signal;
  readonly calls: string[] = [];
  /** How each publish goes; absent: well. */
  answer: () => Promise<void> = async () => {};

  remainingMs(): number {
    return 1;
  }

  steadySinceMs(): number {
    return 0;
  }

  async update(): Promise<void> {}

  async publish(states: ReadonlyMap<UnitName, UnitState | undefined>): Promise<void> {
    const words = [...states].map(([unit, state]) => `${unit} ${state?.activeState ?? "removed"}`);
    this.calls.push(words.join(", "));
    await this.answer();
  }

  async leave(): Promise<void> {}
}

function use(store: Store): void {
  publisher.use({ presence: store, machine: { id: "m1" as MachineId } as Machine });
}

function set(activeState: string | undefined): void {
  if (activeState === undefined) active.delete(A);
  else active.set(A, activeState);
  publisher.mark([A]);
}

test("publishes only what changed", async () => {
  const store = new Store();
  set("active");
  use(store);
  await clock.advance(10);
  set("active");
  await clock.advance(10);
  set("failed");
  await clock.advance(10);
  set(undefined);
  await clock.advance(10);
  set(undefined);
  await clock.advance(10);
  expect(store.calls).toEqual(["a.service active", "a.service failed", "a.service removed"]);
});

test("publishes that a condition kept a unit from being started, although it was at rest before", async () => {
  const store = new Store();
  set("inactive");
  use(store);
  await clock.advance(10);
  skipped.add(A);
  set("inactive");
  await clock.advance(10);
  expect(store.calls).toEqual(["a.service inactive", "a.service inactive"]);
});

test("publishes the latest value when the one before is still under way", async () => {
  const store = new Store();
  store.answer = () => clock.sleep(1_000, stop.signal);
  use(store);
  for (const state of ["activating", "active", "reloading", "failed"]) {
    set(state);
    await clock.advance(100);
  }
  await clock.advance(5_000);
  expect(store.calls).toEqual(["a.service activating", "a.service failed"]);
});

test("a unit that flaps is published twice a second, holds up no other, and is right in the end", async () => {
  const store = new Store();
  use(store);
  for (let changes = 0; changes < 1_000; changes += 1) {
    set(changes % 2 === 0 ? "active" : "failed");
    await clock.advance(10);
  }
  const other = "other.service" as UnitName;
  active.set(other, "active");
  publisher.mark([other]);
  await clock.advance(50);
  expect(store.calls.at(-1)).toContain("other.service active");
  set("inactive");
  await clock.advance(500);
  expect(store.calls.at(-1)).toBe("a.service inactive");
  // Ten at once, and two in each of ten seconds.
  expect(store.calls.length).toBeLessThan(35);
});

test("a write whose outcome is unknown is repeated, even when the state is what it was", async () => {
  const store = new Store();
  use(store);
  set("active");
  await clock.advance(10);
  store.answer = () => Promise.reject(new RegistryUnavailableError("timed out"));
  set("failed");
  await clock.advance(50);
  store.answer = async () => {};
  set("active");
  await clock.advance(1_000);
  expect(store.calls).toEqual(["a.service active", "a.service failed", "a.service active"]);
});

test("tries again after a while, or at once when the store is back", async () => {
  const store = new Store();
  store.answer = () => Promise.reject(new RegistryUnavailableError("refused"));
  use(store);
  set("active");
  await clock.advance(60_000);
  const tries = store.calls.length;
  expect(tries).toBeLessThan(20);
  publisher.hurry();
  await clock.advance(10);
  expect(store.calls).toHaveLength(tries + 1);
  const next = new Store();
  use(next);
  await clock.advance(10);
  expect(next.calls).toEqual(["a.service active"]);
});

test("publishes everything again under a new presence, and removes what is gone by then", async () => {
  const gone = "gone.service" as UnitName;
  active.set(gone, "active");
  set("active");
  use(new Store());
  await clock.advance(10);
  publisher.use(undefined);
  active.delete(gone);
  const store = new Store();
  use(store);
  await clock.advance(10);
  expect(store.calls).toEqual(["a.service active, gone.service removed"]);
});

test("what was on its way when the presence changed is published under the new one", async () => {
  const old = new Store();
  old.answer = () => clock.sleep(1_000, stop.signal);
  set("active");
  use(old);
  await clock.advance(500);
  const store = new Store();
  use(store);
  await clock.advance(1_000);
  expect(store.calls).toEqual(["a.service active"]);
});

test("publishes many states in bounded batches", async () => {
  for (let index = 0; index < 600; index += 1)
    active.set(`u${index}.service` as UnitName, "active");
  const store = new Store();
  use(store);
  await clock.advance(10);
  expect(store.calls.map((call) => call.split(", ").length)).toEqual([256, 256, 88]);
});
