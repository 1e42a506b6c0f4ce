import { parseUnitName, type Waiting } from "@fleet/core";
import { beforeEach, expect, test } from "vitest";
import { AT_ONCE_MS, EngineBench } from "../testing/engine-bench.ts";

/** Reasons that come later are told within this. */
const SOON_MS = 1_100;

let bench = new EngineBench();
let { clock } = bench;

beforeEach(() => {
  bench = new EngineBench();
  ({ clock } = bench);
  return () => bench.close();
});

test("why a unit waits can be read at once, and no more once it runs", async () => {
  await bench.machine("a", { disk: "hdd" });
  await bench.leading("m1");
  await bench.submit("web.service", "MachineMetadata=disk=ssd");
  await clock.advance(AT_ONCE_MS);
  expect(await waiting("web.service")).toEqual({
    machines: 1,
    reasons: [
      {
        rule: "metadata",
        reason: "metadata disk=ssd is required, the machine has hdd",
        count: 1,
        machines: ["a"],
      },
    ],
  });
  await bench.setMetadata("a", "disk", "ssd");
  await clock.advance(AT_ONCE_MS);
  expect(await waiting("web.service")).toBeUndefined();
});

test("a unit that waits for any machine at all is told of", async () => {
  await bench.leading("m1");
  await bench.submit("web.service");
  await clock.advance(AT_ONCE_MS);
  expect(await waiting("web.service")).toEqual({ machines: 0, reasons: [] });
});

test("a reason follows the cluster within a second", async () => {
  await bench.machine("a");
  await bench.leading("m1");
  await bench.submit("web.service", "MachineMetadata=disk=ssd");
  await clock.advance(AT_ONCE_MS);
  await bench.machine("b");
  await clock.advance(SOON_MS);
  expect((await waiting("web.service"))?.machines).toBe(2);
});

test("a unit that is wanted no more does not wait", async () => {
  await bench.leading("m1");
  await bench.submit("web.service");
  await bench.submit("db.service");
  await clock.advance(SOON_MS);
  await bench.submit("web.service", "", "inactive");
  await bench.destroy("db.service");
  await clock.advance(AT_ONCE_MS);
  expect(bench.keys("waiting/")).toEqual([]);
});

test("a global unit waits while no machine accepts it", async () => {
  await bench.machine("a");
  await bench.leading("m1");
  await bench.submit("log.service", "Global=true\nMachineMetadata=disk=ssd");
  await clock.advance(AT_ONCE_MS);
  expect((await waiting("log.service"))?.reasons).toHaveLength(1);
});

test("a new leader takes back what the last one told in vain", async () => {
  bench.write("waiting/gone.service", '{"machines":0,"reasons":[]}');
  await bench.submit("web.service");
  await bench.leading("m1");
  expect(bench.keys("waiting/")).toEqual(["waiting/web.service"]);
});

test("many are told of a hundred a second, and of a thousand at most", async () => {
  await bench.leading("m1");
  for (let n = 0; n < 1_050; n += 1) await bench.submit(`web@${n}.service`);
  await clock.advance(40);
  expect(bench.keys("waiting/")).toHaveLength(100);
  await clock.advance(1_000);
  expect(bench.keys("waiting/")).toHaveLength(200);
  await clock.advance(11_000);
  expect(bench.keys("waiting/")).toHaveLength(1_000);
});

test("what could not be told is told again, and holds nothing up", async () => {
  const { store } = await bench.leading("m1");
  await bench.submit("web.service");
  store.loseAnswers(1);
  await clock.advance(AT_ONCE_MS);
  bench.remove("waiting/web.service");
  await clock.advance(SOON_MS);
  expect((await waiting("web.service"))?.machines).toBe(0);
});

test("nothing is written while nothing changes", async () => {
  const { store } = await bench.leading("m1");
  await bench.submit("web.service");
  await clock.advance(SOON_MS);
  const before = store.requests;
  await clock.advance(50_000);
  expect(store.requests).toBe(before);
});

async function waiting(name: string): Promise<Waiting | undefined> {
  return bench.waiting(parseUnitName(name));
}
