import { type Agent, createAgent } from "@fleet/agent";
import { createApiServer } from "@fleet/api/server";
import type { Clock, Logger, Machine, MachineId } from "@fleet/core";
import { createEngine, type Engine } from "@fleet/engine";
import { openRegistry, type Registry } from "@fleet/registry";
import { openEtcdStore } from "@fleet/registry/etcd";
import { MemorySystemd, MemoryUnitManager } from "@fleet/systemd/memory";

import type { Heartbeats } from "./heartbeats.ts";
import {
  AUDIT_INTERVAL_MS,
  leaderTtlMs,
  machineIdOf,
  MASS_LOSS_SHARE,
  MOVES_PER_SECOND,
  PREFIX,
  REQUEST_TIMEOUT_MS,
  TOKEN_LIMIT,
} from "./setting.ts";

export interface DaemonDeps {
  /** `http://127.0.0.1:PORT` */
  readonly etcd: string;
  readonly agentTtlMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly heartbeats: Heartbeats;
}

/** What fleetd is on one machine, but for its systemd: that is the twin. */
export class SimulatedDaemon {
  readonly id: MachineId;
  readonly systemd: MemorySystemd;
  readonly #deps: DaemonDeps;
  readonly #registry: Registry;
  readonly #agent: Agent;
  #engine: Engine | undefined;

  constructor(index: number, deps: DaemonDeps) {
    const { clock, log, agentTtlMs: ttlMs } = deps;
    this.#deps = deps;
    this.id = machineIdOf(index) as MachineId;
    this.systemd = new MemorySystemd(clock);
    const store = openEtcdStore({
      endpoints: [deps.etcd],
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      clock,
      log,
    });
    this.#registry = watched(openRegistry(store, { prefix: PREFIX, clock, log }), deps.heartbeats);
    this.#agent = createAgent({
      registry: this.#registry,
      units: new MemoryUnitManager({ clock, systemd: this.systemd }),
      clock,
      log,
      machine: () => describe(this.id),
      instance: `${this.id} once`,
      ttlMs,
      // It never starts again.
      leaseMemory: { heldUntilMs: undefined, note: () => {} },
      observer: { onAvailable: () => this.#engine?.movesChanged() },
    });
  }

  /** The agent's work until `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#agent.run(signal);
  }

  /** Serves the HTTP API on loopback; resolves with its port. */
  async serve(): Promise<number> {
    const { clock, log } = this.#deps;
    const api = createApiServer({
      registry: this.#registry,
      tokenLimit: TOKEN_LIMIT,
      version: "2.0.0",
      log,
      clock,
      available: () => this.#agent.available,
    });
    const address = await api.listen({ host: "127.0.0.1", port: 0 });
    return "port" in address ? address.port : 0;
  }

  /** Stands for election, and leads, until `signal` aborts. */
  runEngine(signal: AbortSignal): Promise<void> {
    const { clock, log, agentTtlMs } = this.#deps;
    const agent = this.#agent;
    this.#engine = createEngine({
      registry: this.#registry,
      clock,
      log,
      machine: this.id,
      leaseTtlMs: leaderTtlMs(agentTtlMs),
      auditIntervalMs: AUDIT_INTERVAL_MS,
      moves: {
        agentTtlMs,
        moveAfterMs: 0,
        massLossShare: MASS_LOSS_SHARE,
        get notBeforeMs() {
          return (agent.steadySinceMs ?? Number.POSITIVE_INFINITY) + agentTtlMs;
        },
        movesPerSecond: MOVES_PER_SECOND,
      },
    });
    return this.#engine.run(signal);
  }
}

function watched(registry: Registry, heartbeats: Heartbeats): Registry {
  return {
    ...registry,
    async announce(announcement, signal) {
      const presence = await registry.announce(announcement, signal);
      heartbeats.add(presence);
      return presence;
    },
  };
}

function describe(id: MachineId): Machine {
  const metadata = new Map<string, string>();
  return { id, publicIp: "", hostname: id, metadata, version: "2.0.0", engineDisabled: false };
}
