// Units that misbehave in every way are their own problem: beside them others start about as quickly as before, and
// what is published of each is right in the end.

import { setTimeout as sleep } from "node:timers/promises";

import { parseUnitName } from "@fleet/core";
import { fileOf, sampleUnit } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { AgentBench } from "./agent-bench.ts";

const FLAPS = parseUnitName("bad-flaps.service");
const LOOKS = 150;
const LOOK_EVERY_MS = 20;
/** So often is it published at most: at first as it changes, then only now and then. */
const [PUBLISHED_AT_ONCE, PUBLISHED_PER_SECOND] = [10, 2];
const SAMPLES = 5;
/** Far above what is measured on a busy machine (about 2), far below what waiting for one of them would cost. */
const SLOWER_MAX = 15;

const BAD = [
  fileOf(
    FLAPS,
    "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/true\nRestart=always\nRestartSec=1ms",
  ),
  fileOf("bad-limit.service", "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=1ms"),
  fileOf("bad-missing.service", "[Service]\nExecStart=/no/such/program"),
  fileOf(
    "bad-forks.service",
    "[Service]\nTasksMax=40\nExecStart=/bin/bash -c 'for i in {1..1000}; do sleep 600 & done; wait'",
  ),
  fileOf(
    "bad-floods.service",
    "[Service]\nExecStart=/bin/sh -c 'yes flood | head -c 4M; sleep 600'",
  ),
];

/** How long new units take to be published as running, the one in the middle (milliseconds). */
async function startMs(bench: AgentBench, name: string): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const unit = parseUnitName(`good-${name}-${sample}.service`);
    const sinceMs = performance.now();
    await bench.wish("launched", sampleUnit(unit, "runs"));
    await bench.untilState(unit, "active/running launched");
    samples.push(performance.now() - sinceMs);
  }
  return samples.toSorted((a, b) => a - b)[Math.floor(SAMPLES / 2)] ?? 0;
}

test("bad units slow down no others, and keep the store no busier than it must be", async () => {
  await using bench = await AgentBench.open();
  await startMs(bench, "warm-up");
  const aloneMs = await startMs(bench, "alone");
  await bench.wish("launched", ...BAD);
  await bench.untilState(parseUnitName("bad-limit.service"), "failed/failed launched");
  await bench.untilState(parseUnitName("bad-missing.service"), "failed/failed launched");
  const besideMs = await startMs(bench, "beside");
  const published = new Set<string>();
  const sinceMs = performance.now();
  for (let look = 0; look < LOOKS; look += 1) {
    published.add(JSON.stringify(bench.states().get(FLAPS)));
    await sleep(LOOK_EVERY_MS);
  }
  // Three seconds or more, in which systemd restarts it dozens of times.
  const seconds = (performance.now() - sinceMs) / 1_000;
  expect(published.size).toBeLessThan(PUBLISHED_AT_ONCE + PUBLISHED_PER_SECOND * (seconds + 1));
  expect(published.size).toBeGreaterThan(2);
  expect(besideMs / aloneMs).toBeLessThan(SLOWER_MAX);
  const states = bench.states();
  expect(states.get("bad-limit.service")).toMatchObject({ result: "exit-code" });
  expect(states.get("bad-missing.service")).toMatchObject({ result: "exit-code", exitStatus: 203 });
  for (const unit of ["bad-forks.service", "bad-floods.service"]) {
    expect(states.get(unit)).toMatchObject({ activeState: "active" });
  }
});
