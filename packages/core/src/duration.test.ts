import { expect, test } from "vitest";

import { durationMsOf } from "./duration.ts";

test.for<readonly [text: string, ms: number | undefined]>([
  ["30s", 30_000],
  ["1m30s", 90_000],
  ["1h.5m", 3_630_000],
  ["1.5s", 1500],
  ["2.s", 2000],
  ["500ms", 500],
  ["1999us", 1],
  ["1999µs", 1],
  ["999999ns", 0],
  ["0s", 0],
  ["0", undefined],
  ["30", undefined],
  ["", undefined],
  [" 30s", undefined],
  ["1m 30s", undefined],
  ["1m30", undefined],
  ["-1s", undefined],
  ["+1s", undefined],
  ["1d", undefined],
  ["30S", undefined],
  ["9999999999h", undefined],
  [`${"9".repeat(400)}h`, undefined],
])("the duration %j is %s ms", ([text, ms]) => {
  expect(durationMsOf(text)).toBe(ms);
});
