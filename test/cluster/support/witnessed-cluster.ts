import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  type Cluster,
  type ClusterOptions,
  CLOCK_FILES,
  seenBy,
  startCluster,
  until,
  untilAllAnswer,
  witnessUnit,
} from "@fleet/rig";
import { afterAll, beforeAll, expect } from "vitest";

/** A cluster of three machines, each with two units that write down every start and stop of theirs. */
export interface WitnessedCluster {
  readonly cluster: Cluster;
  /** Starts one more unit, and resolves when it is active. */
  start(unit: string, text: string): Promise<void>;
  /** Resolves when all is as it was before; fails if a witness saw anything but its first start. */
  expectUntouched(): Promise<void>;
}

const GLOBAL = "everywhere.service";
const WITNESS = /^(?:everywhere|single-\d)\.service\b/;

/** Starts it before the first test of a file and takes it down after the last one. */
export function witnessedCluster(
  name: string,
  options: Omit<ClusterOptions, "machines">,
): WitnessedCluster {
  let running: Cluster | undefined;
  let folder = "";
  let before: readonly (readonly string[])[] = [];
  let rounds = 0;
  const current = (): Cluster => {
    if (running === undefined) throw new Error("the cluster is there only while tests run");
    return running;
  };
  const seen = async (): Promise<readonly (readonly string[])[]> =>
    Promise.all(
      current().machines.map(async (machine) => {
        const lines = await seenBy(machine);
        return lines.filter((line) => WITNESS.test(line)).toSorted();
      }),
    );
  /** Shows that every daemon does what is wished, after all that may have upset it: a new unit runs on each machine. */
  const untilAllTakeIn = async (): Promise<void> => {
    rounds += 1;
    await start(
      `round-${rounds}.service`,
      "[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nGlobal=true\n",
    );
  };
  const start = async (unit: string, text: string): Promise<void> => {
    const path = join(folder, unit);
    await writeFile(path, text);
    await current().fleetctl("start", path);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleet-faults-"));
    running = await startCluster({
      ...options,
      // The leader's lease lasts two seconds: another leads before a frozen leader's machine counts as gone.
      fleetConf: { engine_reconcile_interval: "0.4", ...options.fleetConf },
      machines: [1, 2, 3].map(() => ({ files: CLOCK_FILES })),
      evidenceDirectory: `test-results/${name}`,
    });
    await start(GLOBAL, witnessUnit("Global=true"));
    // Each machine gets one of them, as the one with the least to do; nothing but the promise keeps it there.
    for (const number of [1, 2, 3]) await start(`single-${number}.service`, witnessUnit());
    before = await until("every witness has started", async () => {
      const saw = await seen();
      const isDone = saw.every((lines) => lines.length === 2);
      return isDone ? { done: true, value: saw } : { done: false, saw: JSON.stringify(saw) };
    });
    for (const lines of before) for (const line of lines) expect(line).toMatch(/ start$/);
  });
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  return {
    get cluster() {
      return current();
    },
    start,
    expectUntouched: async () => {
      await untilAllAnswer(current(), 200);
      await current().untilPresent(3);
      await untilAllTakeIn();
      await until("every witness is active", async () => {
        const listing = await current().fleetctl(
          "list-units",
          "--no-legend",
          "--fields=unit,active",
        );
        const active = listing
          .split("\n")
          .filter((line) => WITNESS.test(line) && line.endsWith("\tactive"));
        return active.length === 6
          ? { done: true, value: undefined }
          : { done: false, saw: listing };
      });
      expect(await seen()).toEqual(before);
    },
  };
}
