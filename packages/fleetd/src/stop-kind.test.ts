import { expect, test } from "vitest";
import { isLeaving, type OwnJob } from "./stop-kind.ts";

test.for<[promise: string, job: OwnJob, isService: boolean, leaves: boolean]>([
  ["systemctl stop leaves the cluster", "stop", true, true],
  ["systemctl restart keeps every unit running", "restart", true, false],
  ["a signal sent to the service by hand keeps every unit running", "none", true, false],
  ["Ctrl-C in a terminal leaves the cluster", "none", false, true],
])("%s", ([, job, isService, leaves]) => {
  expect(isLeaving(job, isService)).toBe(leaves);
});
