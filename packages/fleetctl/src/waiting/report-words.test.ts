import { expect, test } from "vitest";

import type { ApiReport } from "../client/fleet-api.ts";
import { endOf, problemIn, type Problem, whyAtRest } from "./report-words.ts";

const WELL: ApiReport = {
  machine: "m1",
  isLeaving: false,
  hash: "",
  loadState: "loaded",
  activeState: "inactive",
  subState: "dead",
  currentState: "launched",
  error: "",
  result: "",
  isSkipped: false,
  exitStatus: undefined,
  exitSignal: undefined,
  restarts: undefined,
  sinceMs: undefined,
};
const ERROR = "start job of a.service failed: dependency";

test.for<[string, Partial<ApiReport>, Problem | undefined]>([
  ["no problem", {}, undefined],
  ["an old error of one that runs", { activeState: "active", error: ERROR }, undefined],
  ["an old error of one that is starting", { activeState: "activating", error: ERROR }, undefined],
  ["a start that failed", { error: ERROR }, { text: ERROR, isRetried: false }],
  ["a refused start", { currentState: "loaded", error: ERROR }, { text: ERROR, isRetried: true }],
  [
    "a unit that could not be loaded",
    { currentState: "inactive", loadState: "error", error: ERROR },
    { text: ERROR, isRetried: true },
  ],
  [
    "a file that is not taken, though the start is tried again",
    { currentState: "loaded", loadState: "bad-setting", error: ERROR },
    { text: ERROR, isRetried: false },
  ],
  [
    "a masked unit",
    { currentState: "loaded", loadState: "masked" },
    { text: "its load state is masked", isRetried: false },
  ],
])("%s", ([, report, problem]) => {
  expect(problemIn({ ...WELL, ...report })).toEqual(problem);
});

test.for<[string, Partial<ApiReport>]>([
  ["", {}],
  ["", { result: "success" }],
  ["its main process exited with status 3", { result: "exit-code", exitStatus: 3, error: ERROR }],
  ["its main process exited with status 0", { result: "success", exitStatus: 0 }],
  ["signal 9 ended its main process", { result: "signal", exitSignal: 9 }],
  ["a condition in its file does not hold there", { result: "success", isSkipped: true }],
  ["its result is timeout", { result: "timeout" }],
  ["its load state is masked", { loadState: "masked" }],
  [ERROR, { error: ERROR, result: "success" }],
])("the end: %s", ([words, report]) => {
  expect(endOf({ ...WELL, ...report })).toBe(words);
});

const ENDED = { result: "success", exitStatus: 0 };

test.for<[string, Partial<ApiReport>]>([
  ["is not active there: its main process exited with status 0", ENDED],
  ["is not active there: a condition in its file does not hold there", { isSkipped: true }],
  ["", {}],
  ["", { ...ENDED, activeState: "active" }],
  ["", { ...ENDED, currentState: "loaded" }],
])("at rest: %s", ([words, report]) => {
  expect(whyAtRest({ ...WELL, ...report })).toBe(words);
});
