import { parseUnitName } from "@fleet/core";
import { expect, test } from "vitest";
import { nextStep } from "./next-step.ts";
import type { Task } from "./tasks.ts";

const unit = parseUnitName("web.service");

test.for<[promise: string, tasks: string, progress: string, step: string | undefined]>([
  ["no task is no step", "", "", undefined],
  ["a load fetches its file first", "load start", "", "fetch for load"],
  ["a fetched file is installed", "load start", "fetched", "install for load"],
  ["a start starts", "start", "", "start for start"],
  ["a stop stops", "stop", "", "stop for stop"],
  ["an unload stops first", "unload", "", "stop for unload"],
  ["a stopped unit is removed", "unload", "stopped", "remove for unload"],
  ["a replaced unit is not touched before its file is here", "unload load", "", "fetch for load"],
  ["then it is stopped", "unload load start", "fetched", "stop for unload"],
  ["then it is removed", "unload load start", "fetched stopped", "remove for unload"],
])("%s", ([, tasks, progress, step]) => {
  const planned = tasks
    .split(" ")
    .filter((kind) => kind !== "")
    .map((kind) => ({ kind: kind as Task["kind"], unit, reason: "" }));
  const next = nextStep(planned, {
    fetched: progress.includes("fetched"),
    stopped: progress.includes("stopped"),
  });
  expect(next && `${next.kind} for ${next.task.kind}`).toBe(step);
});
