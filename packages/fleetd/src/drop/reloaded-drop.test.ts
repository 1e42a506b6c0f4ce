import { untilAborted } from "@fleet/core";
import { beforeEach, expect, test } from "vitest";

import type { DropSettings } from "./drop-runner.ts";
import { ReloadedDrop } from "./reloaded-drop.ts";

let stop = new AbortController();
let settings: DropSettings;
/** What began and what ended, in order. */
let told: string[] = [];
let drop: ReloadedDrop;

const none: DropSettings = { unit_drop_directory: "", unit_drop_prune: false };
const one: DropSettings = { unit_drop_directory: "/one", unit_drop_prune: false };
const two: DropSettings = { unit_drop_directory: "/two", unit_drop_prune: false };

beforeEach(() => {
  stop = new AbortController();
  told = [];
  drop = new ReloadedDrop(
    ({ unit_drop_directory: path, unit_drop_prune: prune }) =>
      path === "" ? undefined : { run: (signal) => runUntil(signal, `${path} ${prune}`) },
    () => settings,
  );
});

async function runUntil(signal: AbortSignal, name: string): Promise<void> {
  told.push(`begin ${name}`);
  await untilAborted(signal);
  told.push(`end ${name}`);
}

async function change(to: DropSettings): Promise<void> {
  settings = to;
  drop.settingsChanged();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test("a directory that is set, changed or taken out of the settings counts at once, one after the other", async () => {
  settings = none;
  const running = drop.run(stop.signal);
  for (const next of [one, { ...one }, two, { ...two, unit_drop_prune: true }, none, one]) {
    await change(next);
  }
  stop.abort();
  await running;
  expect(told).toEqual([
    "begin /one false",
    "end /one false",
    "begin /two false",
    "end /two false",
    "begin /two true",
    "end /two true",
    "begin /one false",
    "end /one false",
  ]);
});

test("a change before it runs is that of its start, and it ends without a directory, too", async () => {
  await change(none);
  const running = drop.run(stop.signal);
  stop.abort();
  await running;
  expect(told).toEqual([]);
});

test("a runner that ends by itself is a broken invariant", async () => {
  drop = new ReloadedDrop(
    () => ({ run: async () => {} }),
    () => one,
  );
  await expect(drop.run(stop.signal)).rejects.toThrow("ended early");
});
