// A daemon in small: when it is told to end, it asks what systemd is doing to it and writes down the answer.
// Plain JavaScript, since it runs what was built, as the daemon does.

import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { silentLogger } from "@fleet/core";
import { openSystemdUnitManager } from "@fleet/systemd/dbus";

const [directory, answers] = process.argv.slice(2);
const clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
};
const manager = await openSystemdUnitManager({
  directory,
  owner: "own unit job",
  companions: [],
  clock,
  log: silentLogger,
});
const { signal } = new AbortController();

const answer = async () => {
  appendFileSync(answers, `${await manager.ownUnitJob(signal)}\n`);
  process.exit(0);
};
process.once("SIGTERM", () => void answer());
const keepAlive = setInterval(() => {}, 60_000);
appendFileSync(answers, `ready ${keepAlive.hasRef()}\n`);
