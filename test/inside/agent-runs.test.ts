// What is published of a unit's last run: since when, with what result, how often systemd has restarted it.

import { parseUnitName } from "@fleet/core";
import { fileOf, sampleUnit, until } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { AgentBench } from "./agent-bench.ts";
import { systemctl } from "./machine-bench.ts";

const WEB = parseUnitName("runs-web.service");
const RUNS = "[Service]\nExecStart=/bin/sleep infinity";

test("a unit that is killed says by what and when", async () => {
  await using bench = await AgentBench.open();
  const before = Date.now();
  await bench.wish("launched", fileOf(WEB, RUNS));
  const started = await bench.untilState(WEB, "active/running launched");
  expect(started).toMatchObject({ result: "success", restarts: 0 });
  await systemctl("kill", "--signal=SIGKILL", WEB);
  const killed = await bench.untilState(WEB, "failed/failed launched");
  expect(killed).toMatchObject({ result: "signal", exitSignal: 9 });
  const since = [before, started?.since, killed?.since, Date.now()];
  expect(since).toEqual(since.toSorted((one, other) => (one ?? 0) - (other ?? 0)));
});

test("a unit that systemd restarts by itself counts its restarts, and keeps the count through ours", async () => {
  await using bench = await AgentBench.open();
  const file = fileOf(WEB, `${RUNS}\nRestart=always\nRestartSec=0`);
  await bench.wish("launched", file);
  await bench.untilState(WEB, "active/running launched");
  await systemctl("kill", "--signal=SIGKILL", WEB);
  await until("a restart is counted", () => bench.states().get(WEB)?.restarts === 1);
  const state = await bench.untilState(WEB, "active/running launched");
  await bench.stop();
  await bench.start();
  await bench.wish("launched", sampleUnit("runs-other.service", "runs"));
  await bench.untilState(parseUnitName("runs-other.service"), "active/running launched");
  expect(bench.states().get(WEB)).toEqual(state);
});

test.for<[name: string, source: string, run: object]>([
  ["runs.target", "[Unit]\nDescription=Up in no time", {}],
  ["runs.timer", "[Timer]\nOnActiveSec=1h\nUnit=runs-web.service", { result: "success" }],
  ["run-runs.mount", "[Mount]\nWhat=tmpfs\nWhere=/run/runs\nType=tmpfs", { result: "success" }],
])("%s tells what units of its type have to tell", async ([name, source, run]) => {
  await using bench = await AgentBench.open();
  await bench.wish("loaded", fileOf(WEB, RUNS));
  await bench.wish("launched", fileOf(name, source));
  await until("it is known since when", () => bench.states().get(name)?.since !== undefined);
  const { result, exitStatus, exitSignal, restarts } = bench.states().get(name) ?? {};
  expect({ result, exitStatus, exitSignal, restarts }).toEqual({ result: undefined, ...run });
});

test("a oneshot that systemd has forgotten since tells how it ended", async () => {
  await using bench = await AgentBench.open();
  await bench.wish("launched", sampleUnit(WEB, "exits"));
  await until("its exit status is known", () => bench.states().get(WEB)?.exitStatus === 0);
  await bench.wish("launched", sampleUnit("runs-other.service", "runs"));
  await bench.untilState(parseUnitName("runs-other.service"), "active/running launched");
  expect(bench.states().get(WEB)).toMatchObject({ activeState: "inactive", result: "success" });
});
