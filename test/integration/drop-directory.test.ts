import { execFile } from "node:child_process";
import { mkdir, mkdtemp, open, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import type { DropContent, DropSink } from "@fleet/agent";
import { type Clock, silentLogger } from "@fleet/core";
import { until } from "@fleet/rig";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { QUIET_MS } from "../../packages/fleetd/src/drop/quiet.ts";
import { watchedDirectory } from "../../packages/fleetd/src/drop/watched-directory.ts";
import { realClock } from "./registry-under-test.ts";

const WITHIN_MS = 10_000;

// What Node and the kernel say of a directory in which all that happens that people do to directories.
describe("a watched directory", () => {
  let base: string;
  let drop: string;
  let seen: Recorded;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "fleet-drop-"));
    drop = join(base, "units");
  });
  afterEach(async () => {
    await seen?.stop();
    await rm(base, { recursive: true, force: true });
  });

  const start = (path = drop, clock = realClock): void => {
    seen = new Recorded({ path, clock });
  };
  const startWith = async (files: Readonly<Record<string, string>>): Promise<void> => {
    await mkdir(drop, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(drop, name), text);
    start();
    await seen.until(files);
  };

  test("files that are there, come, change and go are told", async () => {
    await startWith({ "a.service": "a", "b.service": "b" });
    await writeFile(join(drop, "c.service"), "c");
    await seen.until({ "a.service": "a", "b.service": "b", "c.service": "c" });
    await writeFile(join(drop, "a.service"), "A");
    await unlink(join(drop, "b.service"));
    await seen.until({ "a.service": "A", "c.service": "c" });
    expect(seen.founds).toEqual([["a.service", "b.service"]]);
  });

  test("a file that is written slowly counts when it is whole, and once", async () => {
    // A busy machine may keep whoever writes waiting: it is given eight times as long as it takes.
    await mkdir(drop);
    start(drop, timesFaster(1 / 4));
    await seen.until({});
    const file = await open(join(drop, "slow.service"), "w");
    for (const part of ["on", "ce", " up", "on", " a", " ti", "me", " th", "ere", " was"]) {
      await file.write(part);
      await sleep(QUIET_MS / 2);
    }
    await file.close();
    await seen.until({ "slow.service": "once upon a time there was" });
    expect(seen.readings).toEqual(["slow.service once upon a time there was"]);
  });

  test("an editor's way of saving is one change, and what it leaves is none", async () => {
    await startWith({ "a.service": "a" });
    await writeFile(join(drop, ".a.service.swp"), "swap");
    await writeFile(join(drop, "4913"), "");
    await unlink(join(drop, "4913"));
    await rename(join(drop, "a.service"), join(drop, "a.service~"));
    await writeFile(join(drop, "a.service"), "A");
    await unlink(join(drop, ".a.service.swp"));
    await seen.until({ "a.service": "A" });
    expect(seen.readings).toEqual(["a.service a", "a.service A"]);
  });

  test("a file that is replaced by renaming is one change", async () => {
    await startWith({ "a.service": "a" });
    await writeFile(join(base, "new"), "A");
    await rename(join(base, "new"), join(drop, "a.service"));
    await seen.until({ "a.service": "A" });
    expect(seen.readings).toEqual(["a.service a", "a.service A"]);
  });

  test("a mounted config map that is swapped: all its files at once", async () => {
    await mkdir(join(drop, "..v1"), { recursive: true });
    await mkdir(join(drop, "..v2"));
    for (const name of ["a.service", "b.service"]) {
      await writeFile(join(drop, "..v1", name), `${name} v1`);
      await writeFile(join(drop, "..v2", name), `${name} v2`);
      await symlink(`..data/${name}`, join(drop, name));
    }
    await symlink("..v1", join(drop, "..data"));
    start();
    await seen.until({ "a.service": "a.service v1", "b.service": "b.service v1" });
    await symlink("..v2", join(drop, "..data_tmp"));
    await rename(join(drop, "..data_tmp"), join(drop, "..data"));
    await rm(join(drop, "..v1"), { recursive: true });
    await seen.until({ "a.service": "a.service v2", "b.service": "b.service v2" });
    expect(seen.gone).toEqual([]);
  });

  test("a checkout that is swapped under a link on the way to the directory", async () => {
    for (const version of ["v1", "v2"]) {
      await mkdir(join(base, version, "units"), { recursive: true });
      await writeFile(join(base, version, "units/a.service"), version);
    }
    await writeFile(join(base, "v1/units/b.service"), "v1");
    await symlink("v1", join(base, "current"));
    await symlink(join(base, "current/units"), drop);
    start();
    await seen.until({ "a.service": "v1", "b.service": "v1" });
    await symlink("v2", join(base, "next"));
    await rename(join(base, "next"), join(base, "current"));
    await rm(join(base, "v1"), { recursive: true });
    await seen.until({ "a.service": "v2" });
    expect(seen.founds).toEqual([["a.service", "b.service"], ["a.service"]]);
    expect(seen.gone).toEqual([]);
  });

  test("a git checkout of another branch in place", async () => {
    await mkdir(drop);
    const git = (...args: string[]): Promise<unknown> =>
      promisify(execFile)("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], {
        cwd: drop,
      });
    await git("init", "--quiet", "--initial-branch=one");
    await writeFile(join(drop, "a.service"), "one");
    await writeFile(join(drop, "b.service"), "one");
    await git("add", ".");
    await git("commit", "--quiet", "--message=one");
    await git("checkout", "--quiet", "-b", "two");
    await writeFile(join(drop, "a.service"), "two");
    await git("rm", "--quiet", "b.service");
    await git("commit", "--quiet", "--all", "--message=two");
    start();
    await seen.until({ "a.service": "two" });
    await git("checkout", "--quiet", "one");
    await seen.until({ "a.service": "one", "b.service": "one" });
    expect(seen.gone).toEqual([]);
  });

  test("a file behind a link that is edited where it really is", async () => {
    await mkdir(join(base, "elsewhere"));
    await writeFile(join(base, "elsewhere/shared"), "a");
    await mkdir(drop);
    await symlink("../elsewhere/shared", join(drop, "a.service"));
    start();
    await seen.until({ "a.service": "a" });
    await writeFile(join(base, "elsewhere/shared"), "A");
    await seen.until({ "a.service": "A" });
  });

  test("a directory that comes later, goes and comes again; its going removes nothing", async () => {
    drop = join(base, "not/yet/units");
    start();
    await seen.untilLost("there is no such directory");
    await mkdir(drop, { recursive: true });
    await writeFile(join(drop, "a.service"), "a");
    await seen.until({ "a.service": "a" });
    await rm(join(base, "not"), { recursive: true });
    await seen.untilLost("there is no such directory", 2);
    expect(seen.gone).toEqual([]);
    await mkdir(drop, { recursive: true });
    await writeFile(join(drop, "b.service"), "b");
    await seen.until({ "b.service": "b" });
  });

  test("a directory that another takes the place of is found anew, its files are not removed", async () => {
    await startWith({ "a.service": "a" });
    await rename(drop, join(base, "old"));
    await mkdir(drop);
    await until("it is found again", async () =>
      seen.founds.length === 2
        ? { done: true, value: undefined }
        : { done: false, saw: `${seen.founds.length}` },
    );
    expect(seen.founds).toEqual([["a.service"], []]);
    expect(seen.gone).toEqual([]);
    await writeFile(join(base, "old/a.service"), "old");
    await writeFile(join(drop, "b.service"), "b");
    await seen.until({ "b.service": "b" });
  });

  test("what is no file that can be read says so and stays", async () => {
    await startWith({ "a.service": "a" });
    await mkdir(join(drop, "dir.service"));
    await symlink("nowhere", join(drop, "link.service"));
    await symlink("loop.service", join(drop, "loop.service"));
    await promisify(execFile)("mkfifo", [join(drop, "pipe.service")]);
    await writeFile(join(drop, "big.service"), "x".repeat(1024 * 1024 + 1));
    await seen.until({
      "a.service": "a",
      "big.service": "! larger than 1048576 bytes",
      "dir.service": "! a directory, not a file",
      "link.service": "! a link that leads nowhere",
      "loop.service": "! cannot be read: ELOOP",
      "pipe.service": "! not a regular file",
    });
    await unlink(join(drop, "link.service"));
    await unlink(join(drop, "loop.service"));
    await rm(join(drop, "dir.service"), { recursive: true });
    await unlink(join(drop, "pipe.service"));
    await unlink(join(drop, "big.service"));
    await seen.until({ "a.service": "a" });
  });

  test("what no event told of is found by looking at everything from time to time", async () => {
    await mkdir(join(base, "parent/units"), { recursive: true });
    await writeFile(join(base, "parent/units/a.service"), "a");
    await mkdir(join(base, "another/units"), { recursive: true });
    await writeFile(join(base, "another/units/b.service"), "b");
    // The directory above the parent of a watched one is not watched, so a minute has to pass.
    start(join(base, "parent/units"), timesFaster(100));
    await seen.until({ "a.service": "a" });
    await rename(join(base, "parent"), join(base, "old"));
    await rename(join(base, "another"), join(base, "parent"));
    await seen.until({ "b.service": "b" });
    expect(seen.gone).toEqual([]);
  });

  test("a thousand files, and then one of them costs one reading", async () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `u${n}.service`);
    const files = Object.fromEntries(names.map((name) => [name, name]));
    await startWith(files);
    expect(seen.readings).toHaveLength(1_000);
    await writeFile(join(drop, "u500.service"), "changed");
    await seen.until({ ...files, "u500.service": "changed" });
    expect(seen.readings).toHaveLength(1_001);
  });
});

const timesFaster = (factor: number): Clock => ({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now() * factor,
  sleep: (ms, signal) => realClock.sleep(ms / factor, signal),
});

/** Watches from its construction on and keeps what it is told. */
class Recorded implements DropSink {
  readonly founds: (readonly string[])[] = [];
  readonly readings: string[] = [];
  readonly gone: string[] = [];
  readonly #losses: string[] = [];
  readonly #life = new AbortController();
  readonly #running: Promise<void>;
  #files = new Map<string, string>();

  constructor(options: { readonly path: string; readonly clock: Clock }) {
    const directory = watchedDirectory({ log: silentLogger, ...options });
    this.#running = directory.watch(this, this.#life.signal);
  }

  found(names: readonly string[]): void {
    this.founds.push(names.toSorted());
    this.#files = new Map();
  }

  read(contents: ReadonlyMap<string, DropContent | undefined>): void {
    for (const [name, content] of contents) {
      if (content === undefined) {
        this.#files.delete(name);
        this.gone.push(name);
        continue;
      }
      const text =
        content.kind === "bytes" ? Buffer.from(content.bytes).toString() : `! ${content.problem}`;
      this.#files.set(name, text);
      this.readings.push(`${name} ${text}`);
    }
  }

  lost(reason: string): void {
    this.#losses.push(reason);
  }

  async until(files: Readonly<Record<string, string>>): Promise<void> {
    const wanted = inWords(Object.entries(files));
    await until(
      "the directory is told as it is",
      async () => {
        const saw = inWords([...this.#files]);
        const isSo = saw === wanted && this.founds.length > 0;
        return isSo ? { done: true, value: undefined } : { done: false, saw };
      },
      { withinMs: WITHIN_MS, everyMs: 20 },
    );
  }

  async untilLost(reason: string, times = 1): Promise<void> {
    await until("the directory is lost", async () => {
      const count = this.#losses.filter((one) => one === reason).length;
      return count >= times
        ? { done: true, value: undefined }
        : { done: false, saw: this.#losses.join() };
    });
  }

  async stop(): Promise<void> {
    this.#life.abort();
    await this.#running;
  }
}

function inWords(files: readonly (readonly [name: string, text: string])[]): string {
  return JSON.stringify(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
