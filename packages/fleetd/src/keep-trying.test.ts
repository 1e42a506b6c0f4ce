import { RegistryUnavailableError, silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";
import { keepTrying } from "./keep-trying.ts";

/** A task that fails so often, and the lines that are logged of it. */
function failing(times: number, error: Error = new RegistryUnavailableError("away")) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const note = (level: string) => (_: object, line: string) => void lines.push(`${level} ${line}`);
  const log = { ...silentLogger, warn: note("warn"), debug: note("debug") };
  let calls = 0;
  const task = async (): Promise<void> => {
    calls += 1;
    if (calls <= times) throw error;
  };
  const stop = new AbortController();
  const done = keepTrying(task, { clock, log, what: "moving" }, stop.signal);
  return { clock, lines, stop, done, calls: () => calls };
}

test("a task is tried until it succeeds, and its failure is told once", async () => {
  const { clock, lines, done, calls } = failing(2);
  await clock.advance(10_000);
  await done;
  expect(calls()).toBe(3);
  expect(lines).toEqual(["warn moving: trying again", "debug moving: trying again"]);
});

test("it ends when it is no longer wanted, and what is no failure of etcd's is not swallowed", async () => {
  const unwanted = failing(9);
  await unwanted.clock.settle();
  unwanted.stop.abort();
  await unwanted.done;
  expect([unwanted.calls(), unwanted.clock.sleepers]).toEqual([1, 0]);
  await expect(failing(1, new Error("broken")).done).rejects.toThrow("broken");
});
