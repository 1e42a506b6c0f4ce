import { monitorEventLoopDelay } from "node:perf_hooks";

import { systemClock } from "@fleet/core/system-clock";

import { Heartbeats } from "./heartbeats.ts";
import type { MachinesReport } from "./processes.ts";
import { childLogger, serve } from "./serve.ts";
import type { MachinesTask } from "./setting.ts";
import { SimulatedDaemon } from "./simulated-daemon.ts";

// One process of the load: many machines, each with a registry, an agent and a systemd of its own.

const NS_PER_MS = 1e6;

const task = JSON.parse(process.argv[2] ?? "") as MachinesTask;
/** Nothing ends but with its process. */
const never = (): AbortSignal => new AbortController().signal;
const rssBytesEmpty = process.memoryUsage.rss();
const loop = monitorEventLoopDelay();
loop.enable();
const heartbeats = new Heartbeats(systemClock);
const deps = { ...task, clock: systemClock, log: childLogger, heartbeats };
const daemons = Array.from(
  { length: task.count },
  (_, index) => new SimulatedDaemon(task.first + index, deps),
);
const ports = task.role === "serves" ? await Promise.all(daemons.map((one) => one.serve())) : [];
serve(report);
const running = [heartbeats.run(never()), ...daemons.map((daemon) => daemon.run(never()))];
if (task.role === "leads") running.push(...daemons.map((daemon) => daemon.runEngine(never())));
await Promise.all(running);

/** Figures since the last report. */
function report(): MachinesReport {
  const longestBlockMs = loop.max / NS_PER_MS;
  loop.reset();
  const journal = daemons.flatMap(({ systemd }) => systemd.journal.splice(0));
  return {
    ...heartbeats.take(),
    longestBlockMs,
    rssBytesEmpty,
    ports,
    stops: journal.filter(({ kind }) => kind === "stop").length,
  };
}
