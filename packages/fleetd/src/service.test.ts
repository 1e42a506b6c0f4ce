import { silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";
import { reloadingService } from "./reload-service.ts";
import { Service, watchdogMs } from "./service.ts";
import { watchdog } from "./watchdog.ts";

test("systemd is told everything in order, a reload with its time", async () => {
  const told: string[] = [];
  const notify = async (...assignments: readonly string[]) => {
    await new Promise((resolve) => setImmediate(resolve));
    told.push(assignments.join(" "));
  };
  const service = new Service(notify, silentLogger);
  const before = process.hrtime.bigint() / 1_000n;
  void service.status("a line");
  void service.reloading();
  void service.alive();
  await service.ready();
  expect(told).toEqual([
    "STATUS=a line",
    expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
    "WATCHDOG=1",
    "READY=1",
  ]);
  expect(BigInt(told[1]?.split("=").at(-1) ?? 0)).toBeGreaterThanOrEqual(before);
});

test("a message that fails is logged, and the next one goes out all the same", async () => {
  const lines: string[] = [];
  const told: string[] = [];
  const log = { ...silentLogger, warn: (_: object, line: string) => void lines.push(line) };
  const notify = async (message = "") => {
    if (message === "READY=1") throw new Error("no socket");
    told.push(message);
  };
  const service = new Service(notify, log);
  await service.ready();
  await service.alive();
  expect([lines, told]).toEqual([["systemd could not be told"], ["WATCHDOG=1"]]);
});

test("where systemd did not ask, nothing is told", async () => {
  await new Service(undefined, silentLogger).ready();
});

test.for<[promise: string, env: NodeJS.ProcessEnv, ms: number | undefined]>([
  ["nobody watches", {}, undefined],
  ["systemd watches this process", { WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 30_000],
  ["systemd watches another one", { WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, undefined],
  ["whoever runs it watches", { WATCHDOG_USEC: "2500" }, 2.5],
  ["a watchdog that is off", { WATCHDOG_USEC: "0" }, undefined],
])("%s", ([, env, ms]) => {
  expect(watchdogMs(env, 7)).toBe(ms);
});

test("the watchdog hears three times in its time, until the end and no longer", async () => {
  const clock = new ManualClock();
  let signs = 0;
  const stop = new AbortController();
  const running = watchdog(30_000, async () => void (signs += 1), clock).run(stop.signal);
  await clock.advance(29_999);
  expect(signs).toBe(3);
  stop.abort();
  await running;
  await clock.advance(60_000);
  expect(signs).toBe(3);
});

test("a reload is between its two messages, and one that waits serves for all who ask", async () => {
  const told: string[] = [];
  const gate = { open: () => {} };
  const notify = async (message = "") => {
    await new Promise<void>((resolve) => (gate.open = resolve));
    told.push(message);
  };
  const reload = reloadingService(
    new Service(notify, silentLogger),
    async () => void told.push("reload"),
  );
  const turn = async (): Promise<void> => {
    gate.open();
    await new Promise((resolve) => setImmediate(resolve));
  };
  reload();
  reload();
  await turn();
  await turn();
  reload();
  reload();
  for (let n = 0; n < 4; n += 1) await turn();
  const once = ["RELOADING=1", "reload", "READY=1"];
  expect(told).toEqual([...once, ...once]);
});
