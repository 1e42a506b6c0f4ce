import { untilAborted } from "@fleet/core";
import { expect, test } from "vitest";
import type { FleetdLogger } from "./logger.ts";
import { Signals } from "./signals.ts";
import type { OwnJob } from "./stop-kind.ts";
import { supervise, type Supervised } from "./supervise.ts";

/** Supervises one component; what happens is noted in order. */
function supervising(
  component: (signal: AbortSignal) => Promise<void>,
  ownJob: () => Promise<OwnJob>,
  more: Partial<Supervised> = {},
): { readonly exitCode: Promise<number>; readonly events: string[] } {
  const events: string[] = [];
  const note = (_fields: object, message: string): void => void events.push(message);
  const log: FleetdLogger = {
    debug: note,
    info: note,
    warn: note,
    error: note,
    fatal: note,
    setDebug() {},
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    await component(signal);
    events.push("component ended");
  };
  const exitCode = supervise({
    components: [{ name: "agent", run }],
    log,
    signals: more.signals ?? new Signals(),
    ownJob,
    isService: true,
    leave: async () => void events.push("leave"),
    close: async () => void events.push("close"),
    reload: () => void events.push("reload"),
    dumpState: () => void events.push("dump"),
    ...more,
  });
  return { exitCode, events };
}

const ENDING = ["Server monitor triggered: told to shut down", "component ended", "close"];

test.for<[signal: "SIGTERM" | "SIGINT"]>([["SIGTERM"], ["SIGINT"]])(
  "%s of systemctl stop leaves the cluster, then ends with 0",
  async ([signal]) => {
    const { exitCode, events } = supervising(untilAborted, async () => "stop");
    process.emit(signal);
    expect(await exitCode).toBe(0);
    expect(events).toEqual(["Gracefully shutting down", "leave", ...ENDING]);
  },
);

test("a restart, or a systemd that does not say, leaves all units running", async () => {
  const restart = supervising(untilAborted, async () => "restart");
  process.emit("SIGTERM");
  expect(await restart.exitCode).toBe(0);
  expect(restart.events.slice(1)).toEqual(["Leaving all units running", ...ENDING]);
  const silent = supervising(untilAborted, () => Promise.reject(new Error("no answer")));
  process.emit("SIGTERM");
  expect(await silent.exitCode).toBe(0);
  expect(silent.events).not.toContain("leave");
});

test("a component that breaks or ends by itself ends the daemon with 1, and no unit with it", async () => {
  for (const component of [() => Promise.reject(new Error("broken")), async () => {}]) {
    const { exitCode, events } = supervising(component, async () => "stop");
    expect(await exitCode).toBe(1);
    expect(events).toContain("A component failed, stopping");
    expect(events).toContain("close");
    expect(events).not.toContain("leave");
    expect(events).not.toContain("Server monitor triggered: told to shut down");
  }
});

test("SIGHUP reloads and SIGUSR1 dumps, while the daemon runs and no longer", async () => {
  const { exitCode, events } = supervising(untilAborted, async () => "restart");
  process.emit("SIGHUP");
  process.emit("SIGUSR1");
  expect(events).toEqual(["reload", "dump"]);
  process.emit("SIGTERM");
  await exitCode;
  expect(process.listenerCount("SIGHUP") + process.listenerCount("SIGUSR1")).toBe(0);
});

test("signals that came while the parts were built are answered: each question once", async () => {
  const signals = new Signals();
  for (const name of ["SIGHUP", "SIGHUP", "SIGUSR1", "SIGTERM"] as const) process.emit(name);
  const { exitCode, events } = supervising(untilAborted, async () => "stop", { signals });
  expect(await exitCode).toBe(0);
  expect(events.slice(0, 4)).toEqual(["reload", "dump", "Gracefully shutting down", "leave"]);
});

test("what goes wrong on the way out is logged, costs the exit code and stops nothing else", async () => {
  const fail = () => Promise.reject(new Error("broken"));
  const leaving = supervising(untilAborted, async () => "stop", { leave: fail });
  process.emit("SIGTERM");
  expect(await leaving.exitCode).toBe(1);
  expect(leaving.events.slice(1)).toEqual([
    "Failed to leave the cluster",
    "component ended",
    "close",
  ]);
  const closing = supervising(untilAborted, async () => "restart", { close: fail });
  process.emit("SIGTERM");
  expect(await closing.exitCode).toBe(1);
  expect(closing.events.at(-1)).toBe("Failed to close what was open");
  expect(process.listenerCount("SIGHUP")).toBe(0);
});
