import { setTimeout as sleep } from "node:timers/promises";

import type { Clock } from "@fleet/core";

/** Time as it is, for tests of things that take their own. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
};
