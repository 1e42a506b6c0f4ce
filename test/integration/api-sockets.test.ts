import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { exchange, parseAnswer, rawRequest } from "@fleet/api/testing";
import { freePort, PROJECT_DIRECTORY, until } from "@fleet/rig";
import { expect, test } from "vitest";

// The API on sockets that systemd opened: what was built, started by systemd's own socket-activate.

/** Serves what systemd passed and ends in an orderly way. */
const PROGRAM = `
  import { createApiServer } from "@fleet/api/server";
  import { silentLogger as log } from "@fleet/core";
  import { openRegistry } from "@fleet/registry";
  import { MemoryStore } from "@fleet/registry/memory";
  import { setTimeout } from "node:timers/promises";
  const clock = {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
  };
  const registry = openRegistry(new MemoryStore(clock), { prefix: "/f/", clock, log });
  const server = createApiServer({ registry, tokenLimit: 100, version: "1", log, clock, available: () => true });
  await server.listen({ fd: 3 });
  await server.listen({ fd: 4 });
  process.once("SIGTERM", () => server.close(5_000).then(() => process.exit(0)));
`;

class Activated implements AsyncDisposable {
  readonly path: string;
  readonly child: ChildProcess;
  readonly #directory: string;

  readonly port: number;

  private constructor(directory: string, port: number) {
    this.port = port;
    this.#directory = directory;
    this.path = join(directory, "fleet.sock");
    const listen = [`--listen=${this.path}`, `--listen=127.0.0.1:${port}`];
    const program = [process.execPath, "--input-type=module", "--eval", PROGRAM];
    this.child = spawn("systemd-socket-activate", [...listen, ...program], {
      cwd: PROJECT_DIRECTORY,
      stdio: ["ignore", "inherit", "inherit"],
    });
  }

  static async start(): Promise<Activated> {
    const directory = await mkdtemp(join(tmpdir(), "fleet-sockets-"));
    return new Activated(directory, await freePort("127.0.0.1"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill("SIGKILL");
      await once(this.child, "exit");
    }
    await rm(this.#directory, { recursive: true });
  }
}

test("a unix socket and a TCP socket that systemd passed are served, and stay when we end", async () => {
  await using activated = await Activated.start();
  const { path, port, child } = activated;
  const request = rawRequest("GET /fleet/v1/units");
  const overUnix = await until("the sockets are open", async () => {
    return { done: true, value: parseAnswer(await exchange({ path }, request)) };
  });
  const overTcp = parseAnswer(await exchange({ host: "127.0.0.1", port }, request));
  expect([overUnix?.body, overTcp?.body]).toEqual(["{}", "{}"]);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  // systemd's, not ours to remove: the next start needs it.
  expect((await stat(path)).isSocket()).toBe(true);
});
