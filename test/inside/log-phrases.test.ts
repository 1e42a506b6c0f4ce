// What fleet 1.0.0 says while it handles a unit, word for word: people and scripts look for it.

import { type Logger, parseUnitName, silentLogger } from "@fleet/core";
import { sampleUnit } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { MachineBench } from "./machine-bench.ts";

const { signal } = new AbortController();
const WEB = parseUnitName("phrases-web.service");

test("a unit's way through a machine is told in fleet's words", async () => {
  const { bench, lines } = await open();
  const file = sampleUnit(WEB, "runs", "[Install]\nWantedBy=phrases.target");
  await bench.manager.install([file], signal);
  await bench.manager.start(WEB, signal);
  await bench.manager.stop(WEB, signal);
  await bench.manager.remove([WEB], signal);
  await bench[Symbol.asyncDispose]();
  expect(lines.map((line) => line.replace(/job=[1-9][0-9]*$/, "job=N"))).toEqual([
    `INFO Writing systemd unit ${WEB} (${file.text.length}b)`,
    `INFO Enabling systemd unit ${WEB}`,
    "INFO Instructing systemd to reload units",
    `INFO Triggered systemd unit ${WEB} start: job=N`,
    `INFO Triggered systemd unit ${WEB} stop: job=N`,
    `INFO Removing systemd unit ${WEB}`,
  ]);
});

test("a start that systemd refuses is told in fleet's words, with systemd's reason", async () => {
  const { bench, lines } = await open();
  await bench.manager.install([sampleUnit(WEB, "refused")], signal);
  await expect(bench.manager.start(WEB, signal)).rejects.toThrow(WEB);
  await bench[Symbol.asyncDispose]();
  expect(lines[1]).toBe(
    `ERROR Failed to trigger systemd unit ${WEB} start: Unit ${WEB} has a bad unit file setting.`,
  );
});

async function open(): Promise<{ readonly bench: MachineBench; readonly lines: string[] }> {
  const lines: string[] = [];
  const log: Logger = {
    ...silentLogger,
    info: (_, message) => void lines.push(`INFO ${message}`),
    error: (_, message) => void lines.push(`ERROR ${message}`),
  };
  const bench = await MachineBench.open({ bus: "system", breakConnection: async () => {}, log });
  return { bench, lines };
}
