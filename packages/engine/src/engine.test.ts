import { explain, type UnitName } from "@fleet/core";
import { beforeEach, describe, expect, test } from "vitest";
import {
  AT_ONCE_MS,
  AUDIT_INTERVAL_MS,
  EngineBench,
  LEASE_TTL_MS,
} from "../testing/engine-bench.ts";
import { COLLECT_GRACE_MS } from "./collector.ts";

const MACHINE_TTL_MS = 30_000;
/** Within this time every stand-by has had its turn to follow a leader that has gone. */
const TURNS_MS = 100;

let bench = new EngineBench();
let { clock } = bench;

beforeEach(() => {
  bench = new EngineBench();
  ({ clock } = bench);
  return () => bench.close();
});

describe("leading", () => {
  test("says in fleet's words that it leads, and nothing of itself as a leader first seen", async () => {
    const engine = await bench.leading("m1");
    expect(engine.messages).toEqual(["Engine leadership acquired"]);
  });

  test("a stand-by says who leads, and takes over at once when that leader leaves", async () => {
    const first = await bench.leading("m1");
    const second = bench.engine("m2").start();
    await clock.advance(AT_ONCE_MS);
    await first.stop();
    await clock.advance(TURNS_MS + AT_ONCE_MS);
    expect(second.messages).toEqual([
      "Engine leader is m1",
      "Engine leadership acquired",
      "Engine leadership changed from m1 to m2",
    ]);
  });

  test("a stand-by takes over when the leader's lease has run out", async () => {
    const first = await bench.leading("m1");
    const second = bench.engine("m2").start();
    first.store.disconnect();
    await clock.advance(LEASE_TTL_MS + 1_000);
    expect([first.engine.leading, second.engine.leading]).toEqual([false, true]);
    expect(first.messages.at(-1)).toMatch(/^Engine leadership lost, renewal failed: ./);
  });

  test("a leader whose key is taken away drops everything and campaigns again", async () => {
    const first = await bench.leading("m1");
    bench.remove("lease/engine-leader");
    await clock.advance(1_000);
    await bench.machine("a");
    await bench.submit("web.service");
    await clock.advance(1_000);
    expect(first.seen.filter((what) => /leads|follows/.test(what))).toEqual([
      "leads",
      "follows",
      "leads",
    ]);
    expect(await bench.placements()).toEqual(["web.service@a"]);
  });

  test("one that is started before etcd is there leads once it is", async () => {
    const engine = bench.engine("m1");
    engine.store.disconnect();
    engine.start();
    await clock.advance(5_000);
    engine.store.heal();
    await clock.until("it leads", () => engine.engine.leading);
  });
});

describe("acting on events", () => {
  test("a submitted unit is scheduled at once, and logged as fleet does", async () => {
    await bench.machine("a");
    const { logged } = await bench.leading("m1");
    await bench.submit("web.service");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual(["web.service@a"]);
    expect(logged.at(-1)).toEqual({
      fields: {
        unit: "web.service",
        machine: "a",
        reason: "target state launched and unit not scheduled",
      },
      message: "Scheduled Unit(web.service) to Machine(a)",
    });
  });

  test("what was submitted while nobody led is scheduled by the next leader", async () => {
    await bench.machine("a");
    await bench.submit("web.service");
    await bench.leading("m1");
    expect(await bench.placements()).toEqual(["web.service@a"]);
  });

  test("a burst becomes one pass", async () => {
    await bench.machine("a");
    const { seen } = await bench.leading("m1");
    seen.length = 0;
    for (let n = 0; n < 100; n += 1) await bench.submit(`web@${n}.service`);
    await clock.advance(AT_ONCE_MS);
    expect(seen.filter((what) => what === "pass")).toHaveLength(1);
    expect(await bench.placements()).toHaveLength(100);
  });

  test("a stopped unit is unscheduled at once, and what it kept away is scheduled", async () => {
    await bench.machine("a");
    await bench.submit("a.service", "Conflicts=b.service");
    const { logged } = await bench.leading("m1");
    await bench.submit("b.service");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual(["a.service@a"]);
    await bench.submit("a.service", "Conflicts=b.service", "inactive");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual(["b.service@a"]);
    expect(logged.at(-2)).toEqual({
      fields: { unit: "a.service", machine: "a", reason: "target state inactive" },
      message: "Unscheduled Job(a.service) from Machine(a)",
    });
  });

  test("dynamic metadata move a unit", async () => {
    await bench.machine("a", { disk: "ssd" });
    await bench.machine("b");
    await bench.submit("db.service", "MachineMetadata=disk=ssd");
    await bench.leading("m1");
    await bench.setMetadata("b", "disk", "ssd");
    await bench.setMetadata("a", "disk", "");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual(["db.service@b"]);
  });

  test("a change of version is written where the unit is", async () => {
    await bench.machine("a");
    await bench.machine("b");
    await bench.submit("web.service");
    const { seen } = await bench.leading("m1");
    await bench.submit("web.service", "MachineMetadata=");
    await clock.advance(AT_ONCE_MS);
    expect(seen.at(-2)).toBe("done update");
    const { assignments, units } = await bench.snapshot();
    expect(assignments.map(({ entry }) => entry.hash)).toEqual(units.map(({ hash }) => hash));
  });

  test("who waits is known with every machine's reason", async () => {
    await bench.machine("a");
    await bench.machine("b", { disk: "ssd" });
    await bench.submit("db.service", "MachineMetadata=disk=hdd");
    await bench.submit("pin.service", "MachineID=c");
    const { engine } = await bench.leading("m1");
    const reasons = [...engine.waiting()].map(([name, refusals]) => [
      name,
      ...[...refusals].map(([machine, refusal]) => `${machine}: ${explain(refusal)}`),
    ]);
    expect(reasons).toEqual([
      [
        "db.service",
        "a: local Machine metadata insufficient",
        "b: local Machine metadata insufficient",
      ],
      [
        "pin.service",
        'a: agent ID "a" does not match required "c"',
        'b: agent ID "b" does not match required "c"',
      ],
    ]);
    expect(engine.waiting().has("db.service" as UnitName)).toBe(true);
  });
});

describe("machines that go", () => {
  test("units move when the machine's lease has run out", async () => {
    const gone = await bench.machine("a");
    await bench.machine("b");
    await bench.submit("web.service");
    const { logged, seen } = await bench.leading("m1");
    gone.store.disconnect();
    await clock.advance(MACHINE_TTL_MS + 1_000);
    expect(await bench.placements()).toEqual(["web.service@b"]);
    expect(logged.at(-2)?.fields["reason"]).toBe("target Machine(a) went away");
    expect(seen.slice(-5)).toContain("moved machine-gone");
    expect(seen.slice(-5)).toContain("placed");
  });

  test("units move at once when the machine leaves", async () => {
    const leaving = await bench.machine("a");
    await bench.machine("b");
    await bench.submit("web.service");
    await bench.leading("m1");
    await leaving.presence.leave(bench.signal);
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual(["web.service@b"]);
  });

  test("while all machines are away nothing is unassigned", async () => {
    const machines = [await bench.machine("a"), await bench.machine("b")];
    await bench.submit("global.service", "Global=true");
    await bench.submit("web.service");
    const { seen } = await bench.leading("m1");
    const before = await bench.placements();
    for (const machine of machines) machine.store.disconnect();
    await clock.advance(2 * AUDIT_INTERVAL_MS);
    expect(await bench.placements()).toEqual(before);
    expect(seen.filter((what) => what.startsWith("held"))).toEqual(["held 2"]);
  });

  test("what can run nowhere else keeps its entry for the machine's return", async () => {
    const gone = await bench.machine("a");
    await bench.machine("b");
    await bench.submit("pin.service", "MachineID=a");
    const { seen } = await bench.leading("m1");
    gone.store.disconnect();
    await clock.advance(MACHINE_TTL_MS + 1_000);
    await bench.machine("a");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual(["pin.service@a"]);
    expect(seen.filter((what) => what.startsWith("done"))).toEqual(["done assign"]);
  });
});

describe("failures", () => {
  test("a write of unknown outcome is followed by reading everything anew, behind another fence", async () => {
    await bench.machine("a");
    const engine = await bench.leading("m1");
    const fence = bench.fence();
    engine.store.loseAnswers(1);
    await bench.submit("web.service");
    await clock.advance(1_000);
    expect(await bench.placements()).toEqual(["web.service@a"]);
    expect(engine.seen.filter((what) => /done|failed/.test(what))).toEqual(["failed assign"]);
    expect(bench.fence()).toBeGreaterThan(fence);
    expect(engine.messages).toContain(
      "Failed scheduling Unit(web.service) to Machine(a): the answer was lost",
    );
  });

  test("after a write of unknown outcome the rest of a long plan is not written blindly", async () => {
    for (let n = 0; n < 600; n += 1) await bench.submit(`web@${n}.service`);
    const engine = await bench.leading("m1");
    await bench.machine("a");
    engine.store.loseAnswers(1);
    await clock.advance(1_000);
    expect(await bench.placements()).toHaveLength(600);
    expect(engine.seen.filter((what) => what === "failed assign")).toHaveLength(500);
  });

  test("while what is known may be stale nothing is tried", async () => {
    await bench.machine("a");
    const engine = await bench.leading("m1");
    await bench.submit("web.service");
    await clock.advance(1);
    engine.store.disconnect();
    await clock.advance(LEASE_TTL_MS / 2);
    expect(engine.seen.filter((what) => what.startsWith("failed"))).toEqual([]);
    engine.store.heal();
    await clock.advance(3_000);
    expect(await bench.placements()).toEqual(["web.service@a"]);
  });

  test("without the store nothing is decided", async () => {
    const gone = await bench.machine("a");
    await bench.machine("b");
    await bench.submit("web.service");
    const engine = await bench.leading("m1");
    engine.store.disconnect();
    gone.store.disconnect();
    engine.seen.length = 0;
    await clock.advance(LEASE_TTL_MS / 2);
    engine.store.heal();
    await clock.advance(1_000);
    expect(await bench.placements()).toEqual(["web.service@a"]);
    expect(engine.seen.filter((what) => what.startsWith("done"))).toEqual([]);
  });

  test("a unit whose record was broken stays until the record is mended", async () => {
    await bench.machine("a");
    await bench.submit("web.service");
    await bench.leading("m1");
    bench.write("units/web.service", "{");
    await clock.advance(2 * AUDIT_INTERVAL_MS);
    expect(await bench.placements()).toEqual(["web.service@a"]);
    bench.remove("units/web.service");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual([]);
  });

  test("an entry that another program removed is put back", async () => {
    await bench.machine("a");
    await bench.submit("web.service");
    await bench.leading("m1");
    bench.remove("assignments/web.service/a");
    await clock.advance(AT_ONCE_MS);
    expect(await bench.placements()).toEqual(["web.service@a"]);
  });
});

describe("audits", () => {
  test("on a sound model cause no requests and find nothing", async () => {
    await bench.machine("a");
    await bench.submit("web.service");
    await bench.submit("pin.service", "MachineID=c");
    const { store, logged } = await bench.leading("m1");
    const before = [store.requests, logged.length];
    await clock.advance(10 * AUDIT_INTERVAL_MS);
    expect([store.requests, logged.length]).toEqual(before);
  });

  test("a unit file that nothing refers to is collected after a grace", async () => {
    await bench.machine("a");
    await bench.submit("web.service");
    await bench.leading("m1");
    await bench.submit("web.service", "MachineMetadata=");
    await clock.advance(AT_ONCE_MS);
    expect((await bench.snapshot()).files).toHaveLength(2);
    await clock.advance(2 * AUDIT_INTERVAL_MS + COLLECT_GRACE_MS);
    expect((await bench.snapshot()).files).toHaveLength(1);
  });

  test.for<[what: string, key: string]>([
    ["a unit", "units/broken.service"],
    ["a unit file", `unit-files/${"0".repeat(40)}`],
    ["an assignment", "assignments/broken.service/a"],
    ["a machine", "machines/a/object"],
  ])(
    "none is collected while %s cannot be read, and it is once that is mended",
    async ([, key]) => {
      await bench.submit("web.service", "", "inactive");
      await bench.submit("web.service", "MachineID=a", "inactive");
      bench.write(key, "{");
      const { seen } = await bench.leading("m1");
      await clock.advance(4 * AUDIT_INTERVAL_MS);
      expect((await bench.snapshot()).files).toHaveLength(2);
      bench.remove(key);
      await clock.advance(2 * AUDIT_INTERVAL_MS + COLLECT_GRACE_MS);
      expect((await bench.snapshot()).files).toHaveLength(1);
      expect(seen.filter((what) => what.startsWith("unreadable"))).toEqual([
        "unreadable 1",
        "unreadable 0",
      ]);
    },
  );

  test("a key that names nothing there can be holds up no collection", async () => {
    await bench.submit("web.service", "", "inactive");
    await bench.submit("web.service", "MachineID=a", "inactive");
    for (const key of ["units/", "assignments/web.service/", "machines//object"]) {
      bench.write(key, "{");
    }
    await bench.leading("m1");
    await clock.advance(2 * AUDIT_INTERVAL_MS + COLLECT_GRACE_MS);
    expect((await bench.snapshot()).files).toHaveLength(1);
  });
});
