import type { Agent } from "@fleet/agent";
import type { ApiServer } from "@fleet/api/server";
import type { Clock } from "@fleet/core";
import type { Engine } from "@fleet/engine";
import type { LeaseUse, Registry } from "@fleet/registry";
import type { ReloadedDrop } from "./drop/reloaded-drop.ts";
import type { Config } from "./config/settings.ts";
import { keepTrying } from "./keep-trying.ts";
import { leaderTtlMs } from "./leader-ttl.ts";
import type { FleetdLogger } from "./logger.ts";

/** What settings that may change while the daemon runs are put to work in. */
export interface SettingsUsers {
  readonly api: Pick<ApiServer, "setTokenLimit">;
  readonly agent: Pick<Agent, "refreshMachine">;
  readonly registry: Pick<Registry, "changeLeaseTtl">;
  readonly engine: Pick<Engine, "movesChanged"> | undefined;
  readonly drop: Pick<ReloadedDrop, "settingsChanged">;
}

export interface SettingsDeps {
  readonly clock: Clock;
  readonly log: FleetdLogger;
}

/** The settings at work: those of the start, then those that were read again. */
export class SettingsAtWork {
  readonly #deps: SettingsDeps;
  #current: Config;
  /** What is being tried until etcd takes it. */
  readonly #changing = new Map<LeaseUse, AbortController>();

  constructor(current: Config, deps: SettingsDeps) {
    this.#deps = deps;
    this.#current = current;
  }

  get current(): Config {
    return this.#current;
  }

  apply(config: Config, { api, agent, registry, engine, drop }: SettingsUsers): void {
    const { log } = this.#deps;
    const before = this.#current;
    this.#current = config;
    log.setDebug(config.verbosity > 0);
    api.setTokenLimit(config.token_limit);
    agent.refreshMachine();
    engine?.movesChanged();
    drop.settingsChanged();
    if (config.agent_ttl !== before.agent_ttl) {
      this.#change("agent_ttl", registry, { use: "presence", ttlMs: config.agent_ttl });
    }
    if (leaderTtlMs(config) !== leaderTtlMs(before)) {
      const change = { use: "leadership", ttlMs: leaderTtlMs(config) } as const;
      this.#change("engine_reconcile_interval", registry, change);
    }
  }

  /** Gives up what etcd has not taken yet. */
  close(): void {
    for (const changing of this.#changing.values()) changing.abort();
  }

  #change(
    setting: string,
    registry: SettingsUsers["registry"],
    { use, ttlMs }: { readonly use: LeaseUse; readonly ttlMs: number },
  ): void {
    const { clock, log } = this.#deps;
    this.#changing.get(use)?.abort();
    const stop = new AbortController();
    this.#changing.set(use, stop);
    void keepTrying(
      (signal) => registry.changeLeaseTtl(use, ttlMs, signal),
      { clock, log, what: `${setting} is not at work yet` },
      stop.signal,
    );
  }
}
