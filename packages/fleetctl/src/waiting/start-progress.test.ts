import { parseUnitFile } from "@fleet/core";
import { expect, test } from "vitest";

import { StartProgress } from "./start-progress.ts";

const SIMPLE = "[Service]\nType=oneshot\nType=simple\n";
const ONESHOT = "[Service]\nType=oneshot\n";

/** `MS ACTIVE LOAD`: what is seen when. */
type Seen = readonly [atMs: number, activeState: string, loadState?: string];

test.for<[string, string, Seen[], string]>([
  ["active is well", SIMPLE, [[0, "active"]], "well"],
  [
    "active without a file that systemd loaded is not",
    SIMPLE,
    [[0, "active", "not-found"]],
    "under way",
  ],
  [
    "activating is waited for",
    SIMPLE,
    [
      [0, "activating"],
      [600_000, "activating"],
    ],
    "under way",
  ],
  [
    "a new failure counts at once",
    SIMPLE,
    [
      [0, "inactive"],
      [10, "failed"],
    ],
    "failed",
  ],
  [
    "a unit that was not there and fails",
    SIMPLE,
    [
      [0, ""],
      [10, "failed"],
    ],
    "failed",
  ],
  [
    "an old failure does not count at first",
    SIMPLE,
    [
      [0, "failed"],
      [499, "failed"],
    ],
    "under way",
  ],
  [
    "a failure that stays counts",
    SIMPLE,
    [
      [0, "failed"],
      [500, "failed"],
    ],
    "failed",
  ],
  [
    "an inactive unit is waited for",
    SIMPLE,
    [
      [0, "inactive"],
      [9999, "inactive"],
    ],
    "under way",
  ],
  [
    "but not for ever",
    SIMPLE,
    [
      [0, "inactive"],
      [10_000, "inactive"],
    ],
    "ended",
  ],
  [
    "a unit that systemd cannot load is not waited for for ever",
    ONESHOT,
    [
      [0, "inactive", "bad-setting"],
      [10_000, "inactive", "bad-setting"],
    ],
    "ended",
  ],
  [
    "a oneshot that ran has finished",
    ONESHOT,
    [
      [0, "activating"],
      [10, "inactive"],
    ],
    "well",
  ],
  [
    "a oneshot that may not have begun",
    ONESHOT,
    [
      [0, "inactive"],
      [1999, "inactive"],
    ],
    "under way",
  ],
  [
    "a oneshot that ran between two looks",
    ONESHOT,
    [
      [0, "inactive"],
      [2000, "inactive"],
    ],
    "well",
  ],
  [
    "a oneshot that fails",
    ONESHOT,
    [
      [0, "activating"],
      [10, "failed"],
    ],
    "failed",
  ],
])("%s", ([, text, sightings, outcome]) => {
  const progress = new StartProgress();
  const last = sightings.map(([atMs, activeState, loadState = "loaded"]) => {
    const state = { unit: "a", machine: "m", hash: "", subState: "", activeState, loadState };
    progress.observe(state, atMs);
    return progress.outcome(state, parseUnitFile(text), atMs);
  });
  expect(last.at(-1)).toBe(outcome);
});
