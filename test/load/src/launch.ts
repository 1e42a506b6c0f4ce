import { setTimeout as sleep } from "node:timers/promises";

import type { BenchApi } from "@fleet/rig";

const REPEATS_MAX = 20;
const REPEAT_MS = 500;

/** As a script does: what the API could not do at the moment is asked for again. Resolves with how often. */
export async function launch(
  api: Pick<BenchApi, "launch">,
  unit: string,
  signal: AbortSignal,
): Promise<number> {
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      await api.launch(unit);
      return failures;
    } catch (error) {
      if (failures === REPEATS_MAX) throw error;
      await sleep(REPEAT_MS, undefined, { signal });
    }
  }
}
