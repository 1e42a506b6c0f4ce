// Every type of unit that fleet accepts by name, handled by an agent on a real systemd. All of them at once: those which
// cannot run must not hold up those which can.

import { readdir } from "node:fs/promises";

import { parseUnitName } from "@fleet/core";
import { fileOf, until } from "@fleet/systemd/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

import { AgentBench } from "./agent-bench.ts";

const IDLE = "types-idle.service";
const RUNS = "[Service]\nExecStart=/bin/sleep infinity";

/** What becomes of each, and the end of its error. The machine is a container: it has no devices and no automounts. */
const TYPES: readonly (readonly [name: string, source: string, state: string, error?: RegExp])[] = [
  ["types.service", RUNS, "active/running launched"],
  ["types@1.service", RUNS, "active/running launched"],
  ["types.target", "[Unit]\nDescription=A target", "active/active launched"],
  ["types.slice", "[Unit]\nDescription=A slice", "active/active launched"],
  ["types.timer", `[Timer]\nOnActiveSec=1h\nUnit=${IDLE}`, "active/waiting launched"],
  ["types.path", `[Path]\nPathExists=/run/none\nUnit=${IDLE}`, "active/waiting launched"],
  [
    "types.socket",
    `[Socket]\nListenStream=/run/types.sock\nService=${IDLE}`,
    "active/listening launched",
  ],
  [
    "run-types.mount",
    "[Mount]\nWhat=tmpfs\nWhere=/run/types\nType=tmpfs",
    "active/mounted launched",
  ],
  [
    "run-auto.automount",
    "[Automount]\nWhere=/run/auto",
    "inactive/dead launched",
    /^start job of run-auto\.automount failed: unsupported$/,
  ],
  [
    "dev-types.device",
    "[Unit]\nDescription=A device",
    "inactive/dead launched",
    /^start job of dev-types\.device failed: unsupported$/,
  ],
  [
    "run-types.swap",
    "[Swap]\nWhat=/run/none",
    "inactive/dead loaded",
    /^cannot start run-types\.swap: Unit run-types\.swap has a bad unit file setting\.$/,
  ],
  [
    "types.scope",
    "[Scope]\nRuntimeMaxSec=1h",
    "inactive/dead loaded",
    /^cannot start types\.scope: Unit types\.scope not found\.$/,
  ],
  [
    "types@.service",
    RUNS,
    "inactive/dead loaded",
    /^cannot start types@\.service: .* is missing the instance name\.$/,
  ],
  [
    "types.snapshot",
    "[Unit]\nDescription=A snapshot",
    "inactive/dead inactive",
    /not a valid unit name\.$/,
  ],
  [
    "types.busname",
    "[Unit]\nDescription=A bus name",
    "inactive/dead inactive",
    /not a valid unit name\.$/,
  ],
];

const UNITS = [IDLE, ...TYPES.map(([name]) => name)].map((name) => parseUnitName(name));
let bench: AgentBench;

beforeAll(async () => {
  bench = await AgentBench.open();
  await bench.wish("loaded", fileOf(IDLE, RUNS));
  await bench.wish("launched", ...TYPES.map(([name, source]) => fileOf(name, source)));
});
afterAll(async () => bench[Symbol.asyncDispose]());

test.for(TYPES)("%s is handled", async ([name, , words, error]) => {
  const state = await bench.untilState(parseUnitName(name), words);
  expect(state?.error ?? "").toMatch(error ?? /^$/);
});

test("a unit that can never run is tried again, without systemd reading all its files each time", async () => {
  const line = "Failed to trigger systemd unit types.scope start: Unit types.scope not found.";
  const tries = (): number => bench.logged.filter((logged) => logged === line).length;
  await until("three tries", () => tries() >= 3);
  const reloads = bench.logged.filter((logged) => logged === "Instructing systemd to reload units");
  expect(reloads).toHaveLength(1);
});

test("a file that systemd does not take never counts as loaded", async () => {
  const line = "Writing systemd unit types.snapshot (";
  await until("three tries", () => bench.logged.filter((one) => one.startsWith(line)).length >= 3);
  expect(bench.states().get("types.snapshot")).toMatchObject({ currentState: "inactive" });
});

test("whatever their type, units that are not wished any more go away without a trace", async () => {
  await bench.unwish(...UNITS);
  await until("no state is left", () => bench.states().size === 0);
  const files = [...(await readdir(bench.directory)), ...(await readdir("/run/systemd/system"))];
  expect(files.filter((file) => UNITS.some((unit) => unit === file))).toEqual([]);
});
