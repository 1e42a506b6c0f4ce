import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Cluster, startCluster } from "../cluster.ts";
import { CLOCK_ENVIRONMENT, CLOCK_FILES } from "../faults/daemon-clock.ts";
import { witnessUnit } from "../faults/witness.ts";
import type { Rig } from "../rig.ts";
import { SeededRandom } from "../seeded-random.ts";
import { until } from "../until.ts";
import { Client } from "./clients.ts";
import { AGENT_TTL_S, drawFault, type Fault } from "./faults.ts";
import { HomeWatch } from "./home-watch.ts";
import { sightingOf, unsettled, wishedOf } from "./look.ts";
import type { TortureOptions } from "./options.ts";
import { type Losses, wrongRecords } from "./records.ts";
import { Wishes } from "./wishes.ts";

/** The promise: that long after the last fault all is as it was wished. */
const SETTLES_WITHIN_MS = (AGENT_TTL_S + 10) * 1_000;
const FIRST_SETTLES_WITHIN_MS = 60_000;
const CLIENTS = 3;
const GLOBAL = "everywhere.service";
/** Their names and what `[X-Fleet]` says of them: one wherever it may be, one a machine, and one on each. */
const WITNESSES: ReadonlyMap<string, string> = new Map([
  ...[1, 2, 3, 4].map((number) => [`steady-${number}.service`, ""] as const),
  ...[1, 2, 3].map((number) => [`apart-${number}.service`, "Conflicts=apart-*.service"] as const),
  [GLOBAL, "Global=true"],
]);
const NAMES: ReadonlySet<string> = new Set(WITNESSES.keys());
const GLOBALS: ReadonlySet<string> = new Set([GLOBAL]);

/** How one fault went. */
export interface Report {
  readonly settledAfterMs: number;
  /** Wishes acknowledged so far. */
  readonly acknowledged: number;
}

/** A cluster with witnesses and busy clients, to which one fault after the other happens. */
export class Torture {
  readonly cluster: Cluster;
  readonly #faults: SeededRandom;
  readonly #wishes = new Wishes();
  readonly #clients: readonly Client[];
  readonly #homes: HomeWatch;

  private constructor(cluster: Cluster, seed: number) {
    this.cluster = cluster;
    this.#faults = new SeededRandom(seed);
    this.#homes = new HomeWatch(cluster, GLOBALS);
    // Chances of their own: how many requests they get done must not change the faults.
    this.#clients = Array.from(
      { length: CLIENTS },
      (_, index) =>
        new Client(
          `client-${index + 1}`,
          cluster,
          this.#wishes,
          new SeededRandom(seed + 1 + index),
        ),
    );
  }

  /** Boots the machines and starts the witnesses; resolves when all is quiet. */
  static async start(rig: Rig, options: TortureOptions): Promise<Torture> {
    const cluster = await startCluster({
      rig,
      machines: Array.from({ length: options.machines }, () => ({ files: CLOCK_FILES })),
      etcdMembers: 3,
      agentTtl: `${AGENT_TTL_S}s`,
      // The leader's lease is half as long: another leads before a frozen leader's machine counts as gone.
      fleetConf: { engine_reconcile_interval: "0.6" },
      environment: CLOCK_ENVIRONMENT,
    });
    const torture = new Torture(cluster, options.seed);
    await torture.#startWitnesses();
    await torture.#untilSettled(FIRST_SETTLES_WITHIN_MS);
    return torture;
  }

  /** The next fault; the same seed gives the same ones. */
  draw(): Fault {
    return drawFault(this.#faults, this.cluster.machines.length);
  }

  /** Has the fault happen to busy clients, and then holds the cluster to its promises. @throws {Error} that says which is broken. */
  async suffer(fault: Fault): Promise<Report> {
    const before = await sightingOf(this.cluster, NAMES);
    const losses = await this.#amongClients(async () => fault.happen(this.cluster));
    const since = performance.now();
    const unsettledYet = await this.#untilSettled(SETTLES_WITHIN_MS).catch(String);
    const settledAfterMs = performance.now() - since;
    const after = await sightingOf(this.cluster, NAMES);
    const wrong = [
      ...wrongRecords(before, after, losses),
      ...this.#homes.wrong,
      ...this.#clients.flatMap((client) => client.wrong),
      ...(unsettledYet === undefined ? [] : [unsettledYet]),
    ];
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
    const acknowledged = this.#clients.reduce((sum, client) => sum + client.answers, 0);
    return { settledAfterMs, acknowledged };
  }

  /** What the clients asked for and were told, in order. */
  requests(): string {
    return this.#clients
      .flatMap(({ log }) => log)
      .toSorted()
      .join("");
  }

  async #startWitnesses(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "fleet-witnesses-"));
    try {
      const paths = [...WITNESSES].map(async ([unit, section]) => {
        const path = join(folder, unit);
        await writeFile(path, witnessUnit(section));
        return path;
      });
      await this.cluster.fleetctl("start", ...(await Promise.all(paths)));
      for (const unit of NAMES) this.#wishes.acknowledged(unit, "launched");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #amongClients(work: () => Promise<Losses>): Promise<Losses> {
    const over = new AbortController();
    const watching = this.#homes.watch(over.signal);
    const clients = this.#clients.map(async (client) => client.work(over.signal));
    try {
      return await work();
    } finally {
      over.abort();
      await Promise.all([watching, ...clients]);
    }
  }

  async #untilSettled(withinMs: number): Promise<void> {
    await until(
      "the cluster has settled",
      async () => {
        const wrong = await unsettled(this.cluster, this.#wishes, GLOBALS);
        return wrong.length === 0
          ? { done: true, value: undefined }
          : { done: false, saw: wrong.join("\n") };
      },
      { withinMs },
    );
    this.#wishes.settle(await wishedOf(this.cluster), performance.now());
  }
}
