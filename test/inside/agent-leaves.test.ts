// A machine leaves the cluster with units that a real systemd does not stop.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type Clock, parseUnitName } from "@fleet/core";
import { fileOf, realClock, sampleUnit } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { AgentBench } from "./agent-bench.ts";
import { systemctl } from "./machine-bench.ts";

const REFUSES = parseUnitName("leaves-refuses.service");
const HANGS = parseUnitName("leaves-hangs.service");
const ENDS = parseUnitName("leaves-ends.service");
/** Settings made by hand, so that the machine can be cleared again. */
const ALLOWED = `/run/systemd/system/${REFUSES}.d`;

/** The minute that units have to stop is over after four seconds. */
const HURRY = 15;
const hurriedClock: Clock = {
  ...realClock,
  sleep: (ms, signal) => realClock.sleep(ms / HURRY, signal),
};

test("a unit that cannot be stopped is named and left, and holds up neither the others nor the end", async () => {
  await using bench = await AgentBench.open(undefined, hurriedClock);
  const sleeps = "[Service]\nExecStart=/bin/sleep infinity\n";
  const hangs = `[Service]\nExecStart=/bin/sh -c 'trap "" TERM; while :; do sleep 0.1; done'\nTimeoutStopSec=infinity\n`;
  try {
    await bench.wish(
      "launched",
      fileOf(REFUSES, `[Unit]\nRefuseManualStop=yes\n${sleeps}`),
      fileOf(HANGS, hangs),
      sampleUnit(ENDS, "runs"),
    );
    for (const unit of [REFUSES, HANGS, ENDS]) {
      await bench.untilState(unit, "active/running launched");
    }
    await bench.leave();
    const left = bench.logged.filter((line) => line.endsWith("it is left as it is")).toSorted();
    expect(left).toEqual([
      `${HANGS} was not unloaded in time: it is left as it is`,
      `${REFUSES} was not unloaded in time: it is left as it is`,
    ]);
    expect((await systemctl("show", "--property=LoadState", "--value", ENDS)).trim()).toBe(
      "not-found",
    );
    expect((await systemctl("is-active", REFUSES)).trim()).toBe("active");
    expect(bench.states().size).toBe(0);
  } finally {
    await mkdir(ALLOWED);
    await writeFile(join(ALLOWED, "allowed.conf"), "[Unit]\nRefuseManualStop=no\n");
    await systemctl("daemon-reload");
    await systemctl("kill", "--signal=SIGKILL", HANGS);
    await rm(ALLOWED, { recursive: true });
  }
});
