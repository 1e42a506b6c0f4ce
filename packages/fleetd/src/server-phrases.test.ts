import { silentLogger } from "@fleet/core";
import { expect, test } from "vitest";
import { serverPhrases } from "./server-phrases.ts";

test("the server starts, restarts when its presence is lost, and does not on the way out", () => {
  const lines: string[] = [];
  const log = { ...silentLogger, info: (_: object, line: string) => void lines.push(line) };
  const statuses: string[] = [];
  const status = (text: string): void => void statuses.push(text);
  let isStopping = false;
  const observer = serverPhrases({ log, status, isStopping: () => isStopping });
  for (const available of [true, false, true]) observer.onAvailable?.(available);
  isStopping = true;
  observer.onAvailable?.(false);
  expect(lines).toEqual([
    "Starting server components",
    "Restarting server",
    "Starting server components",
  ]);
  expect(statuses).toEqual([
    "In the cluster",
    "Not in the cluster: its units run on, and it joins again",
    "In the cluster",
  ]);
});
