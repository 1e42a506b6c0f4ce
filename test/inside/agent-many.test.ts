// Five hundred units on one machine, and beside them one that takes for ever to start and one that cannot.

import { parseUnitName } from "@fleet/core";
import { fileOf, sampleUnit, until } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { AgentBench } from "./agent-bench.ts";
import { systemctl } from "./machine-bench.ts";

const UNITS = Array.from({ length: 500 }, (_, index) => parseUnitName(`many-${index}.service`));

test("five hundred units start, survive a restart of the daemon and go away", async () => {
  await using bench = await AgentBench.open();
  const slow = fileOf("many-slow.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 600");
  const refused = sampleUnit("many-refused.service", "refused");
  await bench.wish("launched", slow, refused, ...UNITS.map((unit) => sampleUnit(unit, "runs")));
  const active = (): number =>
    [...bench.states().values()].filter(({ subState }) => subState === "running").length;
  await until("all are active", () => active() === 500);
  const invocations = await systemctl("show", "--property=InvocationID", ...UNITS);

  await bench.stop();
  await bench.start();
  await until("all are published again", () => active() === 500);
  expect(await systemctl("show", "--property=InvocationID", ...UNITS)).toBe(invocations);

  await bench.unwish(slow.unit, refused.unit, ...UNITS);
  await until("none is left", () => bench.states().size === 0);
  const left = await systemctl("list-units", "--all", "--plain", "--no-legend", "many-*");
  expect(left).toBe("");
});
