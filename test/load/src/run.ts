import type { Findings } from "./findings.ts";
import type { LoadCluster } from "./load-cluster.ts";
import type { LoadOptions } from "./options.ts";

/** What every phase works with. */
export interface Run {
  readonly cluster: LoadCluster;
  readonly options: LoadOptions;
  readonly findings: Findings;
  readonly signal: AbortSignal;
}

/** How soon after a fault all is as wished again, besides the time that the fault itself takes to be seen. */
export const SETTLE_MS = 10_000;
