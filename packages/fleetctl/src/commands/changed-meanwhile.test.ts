// What a wait says when somebody else destroys its unit, or changes what is wished of it.

import { parseUnitName, type TargetState } from "@fleet/core";
import { beforeEach, describe, expect, test } from "vitest";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const SOMEBODY = new AbortController().signal;
const SLOW = parseUnitName("slow.service");
const PLACE = "on m1.../10.0.0.1";
const LAUNCHED = `Unit ${SLOW} launched ${PLACE}\n`;
const GONE = "does not exist any more";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
});

async function destroy(): Promise<void> {
  await cluster.registry.destroyUnit(SLOW, SOMEBODY);
}

async function change(targetState: TargetState): Promise<void> {
  const expected = (await cluster.registry.unit(SLOW, SOMEBODY))?.revision;
  if (expected === undefined) throw new Error("there is nothing to change");
  await cluster.registry.setTargetState({ name: SLOW, targetState, expected }, SOMEBODY);
}

/** From now on the unit plays this scene for three seconds, and then somebody else acts. */
function castThen(scene: string, act: () => Promise<void>): void {
  let isDone = false;
  cluster.cast(SLOW, function* () {
    for (let played = 0; played < 100; played += 1) yield scene;
    if (!isDone) void act();
    isDone = true;
  });
}

/** Somebody acts as soon as fleetctl has written. */
function actAfter(write: "putUnit" | "setTargetState", act: () => Promise<void>): void {
  const { registry } = cluster;
  const writeIt = registry[write].bind(registry) as (...of: unknown[]) => Promise<boolean>;
  registry[write] = async (...of: unknown[]) => {
    Object.assign(registry, { [write]: writeIt });
    const isWritten = await writeIt(...of);
    await act();
    return isWritten;
  };
}

const changed = (now: string, before: string): string =>
  `is to be ${now} now and no longer ${before}: somebody has changed that meanwhile`;

describe("ends with a failure", () => {
  test.for<[string, string, () => Promise<void>, string, string]>([
    ["start", "it is destroyed", destroy, GONE, LAUNCHED],
    ["start", "stopped", () => change("loaded"), changed("loaded", "launched"), LAUNCHED],
    ["start", "unloaded", () => change("inactive"), changed("inactive", "launched"), LAUNCHED],
  ])("%s of a unit: %s", async ([command, , act, problem, stdout]) => {
    await cluster.put(SLOW, "inactive");
    castThen("activating start", act);
    expect(await cluster.run(command, SLOW)).toEqual({
      status: 1,
      stdout,
      stderr: [
        `Waiting for unit ${SLOW}: it is activating (start) ${PLACE}`,
        `Waiting for unit ${SLOW}: it ${problem}`,
        `Error waiting for units: unit ${SLOW} ${problem}\n`,
      ].join("\n"),
    });
    expect(cluster.terminal.clock.monotonicMs()).toBeLessThan(6000);
  });

  test.for<[string, () => Promise<void>, string]>([
    ["destroyed", destroy, GONE],
    ["unloaded", () => change("inactive"), changed("inactive", "loaded")],
  ])("load of a unit that is %s", async ([, act, problem]) => {
    await cluster.put(SLOW, "inactive");
    cluster.adorn(SLOW, { currentState: "inactive" });
    castThen("inactive dead", act);
    const { status, stderr } = await cluster.run("load", SLOW);
    expect(status).toBe(1);
    expect(stderr).toContain(`Error waiting for units: unit ${SLOW} ${problem}\n`);
  });

  test.for<[string, () => Promise<void>, string]>([
    ["destroyed", destroy, GONE],
    ["started", () => change("launched"), changed("launched", "loaded")],
  ])("restart of a unit that does not stop and is %s", async ([, act, problem]) => {
    await cluster.put(SLOW, "launched");
    cluster.adorn(SLOW, { currentState: "launched" });
    castThen("deactivating stop-sigterm", act);
    const { status, stderr } = await cluster.run("restart", SLOW);
    expect(status).toBe(1);
    expect(stderr).toContain(`Error waiting for units: unit ${SLOW} ${problem}\n`);
  });

  test("restart of a global unit that is destroyed", async () => {
    await cluster.put(SLOW, "launched", "[X-Fleet]\nGlobal=true\n");
    castThen("deactivating stop-sigterm", destroy);
    const { status, stderr } = await cluster.run("restart", SLOW);
    expect(status).toBe(1);
    expect(stderr).toContain(`Error waiting for units: unit ${SLOW} ${GONE}\n`);
  });

  test("stop of a unit that is started", async () => {
    await cluster.put(SLOW, "launched");
    cluster.adorn(SLOW, { currentState: "launched" });
    castThen("deactivating stop-sigterm", () => change("launched"));
    const problem = changed("launched", "loaded");
    const { status, stderr } = await cluster.run("stop", SLOW);
    expect(status).toBe(1);
    expect(stderr).toContain(`Failed to stop units [${SLOW}]. err: unit ${SLOW} ${problem}\n`);
  });

  test("unload of a unit that is loaded again while it ends", async () => {
    await cluster.put(SLOW, "launched");
    cluster.adorn(SLOW, { activeState: "deactivating" });
    actAfter("setTargetState", () => change("loaded"));
    const problem = changed("loaded", "inactive");
    const { status, stderr } = await cluster.run("unload", SLOW);
    expect(status).toBe(1);
    expect(stderr).toContain(`Failed to unload units [${SLOW}]. err: unit ${SLOW} ${problem}\n`);
  });
});

test("a change that is taken back after a second ends nothing", async () => {
  await cluster.put(SLOW, "inactive");
  let starts = 0;
  cluster.cast(SLOW, function* (target) {
    const scene = target === "loaded" ? "inactive dead" : "activating start";
    for (let played = 0; played < 33; played += 1) yield scene;
    if (target === "loaded") void change("launched");
    else if ((starts += 1) === 1) void change("loaded");
    else yield "active running";
  });
  const { status, stdout } = await cluster.run("start", SLOW);
  expect({ status, stdout }).toEqual({ status: 0, stdout: LAUNCHED });
});

describe("is done when the unit has ended", () => {
  test("stop of a unit that is unloaded", async () => {
    await cluster.put(SLOW, "launched");
    cluster.adorn(SLOW, { currentState: "launched" });
    cluster.endAfter(SLOW, 3000);
    castThen("deactivating stop-sigterm", () => change("inactive"));
    expect(await cluster.run("stop", SLOW)).toEqual({
      status: 0,
      stdout: `Unit ${SLOW} inactive\n`,
      stderr: [
        `Waiting for unit ${SLOW}: it is launched ${PLACE}`,
        `Waiting for unit ${SLOW}: it is deactivating (stop-sigterm) ${PLACE}`,
        `Successfully stopped units [${SLOW}].\n`,
      ].join("\n"),
    });
  });

  test.for([
    ["stop", "stopped"],
    ["unload", "unloaded"],
  ])("%s of a unit that is destroyed", async ([command = "", done]) => {
    await cluster.put(SLOW, "launched");
    cluster.adorn(SLOW, { currentState: "launched" });
    cluster.endAfter(SLOW, 3000);
    actAfter("setTargetState", destroy);
    const { status, stdout, stderr } = await cluster.run(command, SLOW);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toContain(`it is deactivating (stop-sigterm) ${PLACE}\n`);
    expect(stderr).toContain(
      `Unit ${SLOW} does not exist any more.\nSuccessfully ${done} units [${SLOW}].\n`,
    );
    expect(cluster.terminal.clock.monotonicMs()).toBeGreaterThanOrEqual(3000);
  });
});

describe("submit", () => {
  test("ends with a failure where the unit is destroyed at once", async () => {
    const path = await cluster.terminal.write(SLOW, "[Service]\nExecStart=/bin/true\n");
    actAfter("putUnit", destroy);
    const { status, stderr } = await cluster.run("submit", path);
    expect(status).toBe(1);
    expect(stderr).toContain(`Error waiting on unit creation: unit ${SLOW} ${GONE}\n`);
  });

  test("is done where the unit is started at once", async () => {
    const path = await cluster.terminal.write(SLOW, "[Service]\nExecStart=/bin/true\n");
    actAfter("putUnit", () => change("launched"));
    expect(await cluster.run("submit", path)).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
