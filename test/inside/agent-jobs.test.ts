// Starts and stops on a real systemd: what is refused is tried again and says why, what never ends holds up nobody.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { parseUnitName } from "@fleet/core";
import { fileOf, sampleUnit, until } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { AgentBench } from "./agent-bench.ts";
import { systemctl } from "./machine-bench.ts";

const WEB = parseUnitName("jobs-web.service");
const DB = parseUnitName("jobs-db.service");
const LINKS = "/run/systemd/system";

test.for<[promise: string, kind: string, words: string]>([
  ["ends well", "Type=oneshot\nExecStart=/bin/true", "inactive/dead launched"],
  [
    "ends well and remains",
    "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true",
    "active/exited launched",
  ],
  ["ends badly", "Type=oneshot\nExecStart=/bin/false", "failed/failed launched"],
])("a oneshot that %s is run once", async ([, service, words]) => {
  await using bench = await AgentBench.open();
  const count = "/run/jobs-count";
  await writeFile(count, "");
  const counted = `ExecStartPre=/bin/sh -c 'echo run >> ${count}'`;
  await bench.wish("launched", fileOf(WEB, `[Service]\n${service}\n${counted}`));
  await until("it has run", async () => (await lines(count)) === 1);
  await bench.untilState(WEB, words);
  await bench.stop();
  await bench.start();
  await bench.wish("launched", sampleUnit(DB, "runs"));
  await bench.untilState(DB, "active/running launched");
  expect(bench.states().get(WEB)).toMatchObject({ activeState: words.split("/")[0] });
  expect(await lines(count)).toBe(1);
});

test("a stop that never ends holds up nobody, and is seen to its end", async () => {
  await using bench = await AgentBench.open();
  const stubborn = `[Service]\nExecStart=/bin/sh -c 'trap "" TERM; while :; do sleep 0.1; done'\nTimeoutStopSec=infinity`;
  await bench.wish("launched", fileOf(WEB, stubborn), sampleUnit(DB, "runs"));
  await bench.untilState(WEB, "active/running launched");
  await bench.untilState(DB, "active/running launched");
  await bench.unwish(WEB, DB);
  await bench.untilState(DB, "gone");
  await bench.untilState(WEB, "deactivating/stop-sigterm launched");
  await bench.wish("launched", sampleUnit("jobs-next.service", "runs"));
  await bench.untilState(parseUnitName("jobs-next.service"), "active/running launched");
  expect(bench.states().get(WEB)).toMatchObject({ activeState: "deactivating" });
  await systemctl("kill", "--signal=SIGKILL", WEB);
  await bench.untilState(WEB, "gone");
});

test.for<[word: "start" | "stop", from: string, to: string]>([
  ["start", "inactive/dead loaded", "active/running launched"],
  ["stop", "active/running launched", "inactive/dead loaded"],
])(
  "a %s that systemd refuses says why and is tried again until it works",
  async ([word, from, to]) => {
    await using bench = await AgentBench.open();
    const refuses = `RefuseManual${word === "start" ? "Start" : "Stop"}`;
    const file = fileOf(WEB, `[Unit]\n${refuses}=yes\n[Service]\nExecStart=/bin/sleep infinity`);
    const dropIn = join(LINKS, `${WEB}.d`);
    try {
      await bench.wish(word === "start" ? "loaded" : "launched", file);
      await bench.untilState(WEB, from);
      await bench.wish(word === "start" ? "launched" : "loaded", file);
      await bench.wish("launched", sampleUnit(DB, "runs"));
      await bench.untilState(DB, "active/running launched");
      await until("the error shows", () => bench.states().get(WEB)?.error !== undefined);
      const state = await bench.untilState(WEB, from);
      expect(state?.error).toMatch(`cannot ${word} ${WEB}: Operation refused`);
      const line = `Failed to trigger systemd unit ${WEB} ${word}: `;
      const tries = (): number => bench.logged.filter((one) => one.startsWith(line)).length;
      await until("it is tried again", () => tries() >= 2);
    } finally {
      await mkdir(dropIn);
      await writeFile(join(dropIn, "allowed.conf"), `[Unit]\n${refuses}=no\n`);
      await systemctl("daemon-reload");
    }
    const state = await bench.untilState(WEB, to);
    expect(state?.error).toBeUndefined();
    await rm(dropIn, { recursive: true });
  },
);

async function lines(path: string): Promise<number> {
  return (await readFile(path, "utf8")).split("\n").length - 1;
}
