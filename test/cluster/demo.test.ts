import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

import { PROJECT_DIRECTORY, run, until } from "@fleet/rig";
import { expect, test } from "vitest";

/** What a person types first, and what they see of it. */
class Demo {
  readonly npm: ChildProcess;
  output = "";
  readonly #ended: Promise<unknown>;

  constructor() {
    this.npm = spawn("npm", ["start"], { cwd: PROJECT_DIRECTORY });
    this.npm.stdout?.on("data", (data: Buffer) => (this.output += data.toString()));
    this.npm.stderr?.on("data", (data: Buffer) => (this.output += data.toString()));
    this.#ended = once(this.npm, "exit");
  }

  async shows(text: string): Promise<void> {
    const probe = () =>
      this.output.includes(text)
        ? ({ done: true, value: undefined } as const)
        : ({ done: false, saw: this.output } as const);
    await until(`npm start shows ${text}`, probe, { withinMs: 120_000, everyMs: 20 });
  }

  /** The folder of its rig, once it has one. */
  get folder(): string {
    return /\/run\/fleet-rig\/\d+/.exec(this.output)?.[0] ?? "";
  }

  /** Ends npm as a person's script would; resolves with how long everything took to go. */
  async end(signal: NodeJS.Signals): Promise<number> {
    const since = performance.now();
    this.npm.kill(signal);
    await this.#ended;
    await this.shows("Taking everything down: done");
    return performance.now() - since;
  }
}

test("npm start shows a cluster that survives a machine's death, and takes it down when told to", async () => {
  const demo = new Demo();
  await demo.shows("Ctrl-C takes everything down.");
  const page = /The page: (\S+)/.exec(demo.output)?.[1] ?? "";
  expect((await fetch(page)).status).toBe(200);
  const suggestion = /kill -KILL \d+; sleep \d+; .*list-units/.exec(demo.output)?.[0] ?? "";
  const { stdout } = await run(["bash", "-c", suggestion]);
  const active = stdout.split("\n").filter((line) => /\bactive\trunning/.test(line));
  expect(active, stdout).toHaveLength(6);
  await demo.end("SIGTERM");
  expect(demo.folder).not.toBe("");
  expect(existsSync(demo.folder)).toBe(false);
});

test("npm start that is told to end while machines boot does not wait for them", async () => {
  const demo = new Demo();
  await demo.shows("Starting etcd and 3 machines");
  expect(await demo.end("SIGINT")).toBeLessThan(10_000);
  expect(demo.output).not.toMatch(/failed|Error/);
});
