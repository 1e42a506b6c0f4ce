// The long run of many machines (`npm run load`), small: so that the command works when it is needed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { PROJECT_DIRECTORY, run } from "@fleet/rig";
import { expect, test } from "vitest";

/** On a machine that has little else to do it takes 20 s. */
const RUN_MS_MAX = 100_000;
const MAIN = join(PROJECT_DIRECTORY, "test/load/dist/main.js");

function argvOf(agents: number, units: number): readonly string[] {
  const size = [`--agents=${agents}`, `--units=${units}`];
  return [process.execPath, MAIN, ...size, "--minutes=0.05", "--agent-ttl=6"];
}

test(
  "fifty machines with a thousand units on one etcd keep every promise",
  async () => {
    const { status, stdout, stderr } = await run(argvOf(50, 1_000), { timeoutMs: RUN_MS_MAX });
    const broken = stdout.split("\n").filter((line) => line.startsWith("BROKEN"));
    expect({ broken, status, stderr }).toEqual({
      broken: [],
      status: 0,
      stderr: expect.any(String),
    });
    expect(stdout).toMatch(/^idle for .*: what etcd receives: LeaseKeepAlive [\d.]+\/s$/m);
  },
  RUN_MS_MAX,
);

test("an interrupted run says what it found and leaves no process behind", async () => {
  const [node = "", ...argv] = argvOf(20, 20);
  const main = spawn(node, argv, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const pid = main.pid ?? 0;
  let said = "";
  main.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (text.includes("until present:")) process.kill(-pid, "SIGINT"); // as a terminal does: to all of them
  });
  const [status] = (await once(main, "close")) as [number];
  expect(status).toBe(130);
  expect(said).toMatch(/^\| 20 machines started until present +\|/m);
  expect(() => process.kill(-pid, 0)).toThrow("ESRCH");
});
