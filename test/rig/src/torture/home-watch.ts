import { setTimeout as sleep } from "node:timers/promises";

import type { Cluster } from "../cluster.ts";
import { homesOf } from "./look.ts";

const LOOK_EVERY_MS = 250;

/** Looks again and again whether a unit that is not global is assigned to two machines. */
export class HomeWatch {
  readonly #cluster: Cluster;
  readonly #globals: ReadonlySet<string>;
  #wrong: readonly string[] = [];

  constructor(cluster: Cluster, globals: ReadonlySet<string>) {
    this.#cluster = cluster;
    this.#globals = globals;
  }

  /** What was seen. */
  get wrong(): readonly string[] {
    return this.#wrong;
  }

  /** Looks until `signal` aborts; what etcd does not answer is not seen. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const homes = await homesOf(this.#cluster).catch(() => new Map<string, Set<string>>());
      for (const [unit, machines] of homes) {
        if (machines.size < 2 || this.#globals.has(unit)) continue;
        this.#wrong = [...this.#wrong, `${unit} is assigned to ${[...machines].join(" and ")}`];
      }
      await sleep(LOOK_EVERY_MS);
    }
  }
}
