import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EtcdMarkFile } from "./etcd-mark-file.ts";

let directory: string;
let clock: ManualClock;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleet-etcd-mark-"));
  clock = new ManualClock();
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = (): string => join(directory, ".etcd");
const opened = (log = silentLogger) => EtcdMarkFile.open({ directory, clock, log });
const written = (): unknown => JSON.parse(readFileSync(path(), "utf8"));
const marked = (revision: number) => ({ cluster: "17", revision });
/** A disk that others keep busy takes its time. */
const soon = (probe: () => void) => vi.waitFor(probe, { timeout: 15_000 });
/** Then it waits for its next minute. */
const untilWritten = (revision: number) =>
  soon(() => expect([written(), clock.sleepers]).toEqual([marked(revision), 1]));

test("what was noted is known to the next process, and the file to delete is named", async () => {
  const file = await opened();
  expect(file.known).toBeUndefined();
  expect(file.wayOut).toBe(`delete ${path()} and restart fleet`);
  file.note(marked(5));
  await untilWritten(5);
  await file.close();
  expect((await opened()).known).toEqual(marked(5));
});

test("the first mark is written at once, then one a minute however many there are", async () => {
  const file = await opened();
  file.note(marked(5));
  await untilWritten(5);
  for (let revision = 6; revision < 100; revision += 1) file.note(marked(revision));
  await clock.advance(59_000);
  expect(written()).toEqual(marked(5));
  await clock.advance(1_000);
  await untilWritten(99);
  await clock.advance(60_000);
  await soon(() => expect(clock.sleepers).toBe(0));
  await file.close();
});

test("the last mark is written at the end, and nothing is left beside it", async () => {
  const file = await opened();
  file.note(marked(5));
  await untilWritten(5);
  file.note(marked(7));
  await file.close();
  expect(written()).toEqual(marked(7));
  file.note(marked(9));
  expect([clock.sleepers, readdirSync(directory)]).toEqual([0, [".etcd"]]);
});

test("it moves along with the units, and so does the file to delete", async () => {
  const file = await opened();
  file.note(marked(5));
  await untilWritten(5);
  const old = directory;
  directory = mkdtempSync(join(tmpdir(), "fleet-etcd-mark-"));
  renameSync(join(old, ".etcd"), path());
  file.moved(directory);
  expect(file.wayOut).toBe(`delete ${path()} and restart fleet`);
  file.note(marked(6));
  await file.close();
  expect([written(), readdirSync(old)]).toEqual([marked(6), []]);
  rmSync(old, { recursive: true });
});

test("a machine that has left the cluster accepts any etcd", async () => {
  const file = await opened();
  file.note(marked(5));
  await untilWritten(5);
  file.note(marked(6));
  await file.forget();
  await file.close();
  expect((await opened()).known).toBeUndefined();
});

test("a file that a person takes away is not made again by the process that runs", async () => {
  const file = await opened();
  file.note(marked(5));
  await untilWritten(5);
  rmSync(path());
  file.note(marked(6));
  await clock.advance(60_000);
  await file.close();
  expect((await opened()).known).toBeUndefined();
});

test.for(["oops", "{}", '{"cluster":17,"revision":1}', '{"cluster":"17","revision":"1"}'])(
  "a file with %j in it is no reason to believe any etcd",
  async (text) => {
    writeFileSync(path(), text);
    await expect(opened()).rejects.toThrow(`${path()}: which etcd`);
  },
);

test("a file that cannot be read is no reason to believe any etcd", async () => {
  mkdirSync(path());
  await expect(opened()).rejects.toThrow("then delete the file");
});

test("a directory that cannot be written is no reason to end, and is told once a mark", async () => {
  writeFileSync(path(), "");
  const lines: string[] = [];
  const warn = (_: object, line: string): void => void lines.push(line);
  const log = { ...silentLogger, warn };
  const file = await EtcdMarkFile.open({ directory: path(), clock, log });
  file.note(marked(5));
  await file.close();
  expect(lines).toEqual(["Which etcd this is could not be noted"]);
});
