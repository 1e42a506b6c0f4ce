// Units that start and stop each other: systemd's own dependencies between units of fleet. The agent does what its work list
// says and fights nothing that systemd does on its own.

import { parseUnitName } from "@fleet/core";
import { fileOf, sampleUnit, until } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { AgentBench } from "./agent-bench.ts";

const WEB = parseUnitName("pulled-web.service");
const DB = parseUnitName("pulled-db.service");
const RUNS = "[Service]\nExecStart=/bin/sleep infinity";

test("a loaded unit that another one wants runs with it, and stays loaded", async () => {
  await using bench = await AgentBench.open();
  await bench.wish("loaded", sampleUnit(DB, "runs"));
  await bench.untilState(DB, "inactive/dead loaded");
  await bench.wish("launched", fileOf(WEB, `[Unit]\nWants=${DB}\nAfter=${DB}\n${RUNS}`));
  await bench.untilState(WEB, "active/running launched");
  await bench.untilState(DB, "active/running loaded");
  await bench.stop();
  await bench.start();
  await bench.wish("launched", sampleUnit("pulled-other.service", "runs"));
  await bench.untilState(parseUnitName("pulled-other.service"), "active/running launched");
  expect(bench.states().get(DB)).toMatchObject({ activeState: "active", currentState: "loaded" });
});

test.for(["BindsTo", "PartOf", "Requires"])(
  "a unit stops with the one that it depends on (%s), and is not started again",
  async (dependency) => {
    await using bench = await AgentBench.open();
    const web = fileOf(WEB, `[Unit]\n${dependency}=${DB}\nAfter=${DB}\n${RUNS}`);
    await bench.wish("launched", sampleUnit(DB, "runs"), web);
    await bench.untilState(DB, "active/running launched");
    await bench.untilState(WEB, "active/running launched");
    await bench.wish("loaded", sampleUnit(DB, "runs"));
    await bench.untilState(DB, "inactive/dead loaded");
    await bench.untilState(WEB, "inactive/dead launched");
    expect(bench.states().get(WEB)?.error).toBeUndefined();
    expect(bench.logged.filter((line) => line.includes(`${WEB} start:`))).toHaveLength(1);
  },
);

test("a unit whose requirement cannot start says so", async () => {
  await using bench = await AgentBench.open();
  await bench.wish(
    "launched",
    sampleUnit(DB, "fails"),
    fileOf(WEB, `[Unit]\nRequires=${DB}\nAfter=${DB}\n${RUNS}`),
  );
  const errorOf = (unit: string): string | undefined => bench.states().get(unit)?.error;
  await until("both have failed", () => errorOf(WEB) !== undefined && errorOf(DB) !== undefined);
  expect(errorOf(WEB)).toBe(`start job of ${WEB} failed: dependency`);
  expect(errorOf(DB)).toBe(`start job of ${DB} failed: failed`);
});

test("a loaded unit with an [Install] section starts with the target that it asks for", async () => {
  await using bench = await AgentBench.open();
  const target = parseUnitName("pulled.target");
  await bench.wish("loaded", sampleUnit(WEB, "runs", `[Install]\nWantedBy=${target}`));
  await bench.untilState(WEB, "inactive/dead loaded");
  await bench.wish("launched", fileOf(target, "[Unit]\nDescription=Wants what asks for it"));
  await bench.untilState(WEB, "active/running loaded");
  await bench.unwish(WEB, target);
  await until("both are gone", () => bench.states().size === 0);
});

test("an instance of a template that fleet has loaded, too, runs from its own file", async () => {
  await using bench = await AgentBench.open();
  const template = sampleUnit("pulled@.service", "fails");
  const instance = fileOf("pulled@one.service", "[Service]\nExecStart=/bin/sh -c 'sleep inf # %i'");
  await bench.wish("loaded", template);
  await bench.wish("launched", instance);
  await bench.untilState(instance.unit, "active/running launched");
});
