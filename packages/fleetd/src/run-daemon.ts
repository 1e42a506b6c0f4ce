import type { Clock } from "@fleet/core";
import { compose, type Parts } from "./compose.ts";
import type { LoadedConfig } from "./config/config.ts";
import type { Config } from "./config/settings.ts";
import { passedSockets } from "./listen.ts";
import type { FleetdLogger } from "./logger.ts";
import { notifySystemd } from "./notify.ts";
import { refreshForever } from "./refresh.ts";
import { reloadConfig } from "./reload.ts";
import type { Signals } from "./signals.ts";
import { supervise, type Component } from "./supervise.ts";
import { systemClock } from "./system-clock.ts";
import { writeLine } from "./write-line.ts";

export interface DaemonOptions {
  readonly loaded: LoadedConfig;
  /** Reads the settings again, for SIGHUP. */
  readonly load: () => LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly signals: Signals;
  readonly log: FleetdLogger;
}

const API_CLOSE_GRACE_MS = 1_000;

/**
 * Runs every part until a signal comes or one breaks, and takes them down again. Resolves with the
 * exit code. Its readiness means that the API answers, be it that etcd cannot be reached.
 * @throws {FleetError} when a part cannot be built.
 */
export async function runDaemon({
  loaded,
  load,
  env,
  signals,
  log,
}: DaemonOptions): Promise<number> {
  const clock = systemClock;
  let current: Config = loaded.config;
  let isStopping = false;
  void signals.stop.then(() => (isStopping = true));
  const parts = await compose({
    config: loaded.config,
    current: () => current,
    clock,
    log,
    isStopping: () => isStopping,
  });
  const { agent, api, units, registry, etcdMark } = parts;
  for (const { fd } of passedSockets(env, process.pid)) await api.listen({ fd });
  log.info({}, "Establishing etcd connectivity");
  await notifySystemd(env, "--ready");
  const apply = (changed: Config): void => {
    current = changed;
    log.setDebug(changed.verbosity > 0);
    api.setTokenLimit(changed.token_limit);
    agent.refreshMachine();
  };
  return supervise({
    components: componentsOf(parts, clock, log),
    log,
    signals,
    ownJob: (signal) => units.ownUnitJob(signal),
    isService: env["NOTIFY_SOCKET"] !== undefined,
    leave: async (signal) => {
      await agent.leave(signal);
      await etcdMark.forget();
    },
    close: async () => {
      await api.close(API_CLOSE_GRACE_MS);
      await registry.close();
      await etcdMark.close();
      await units.close();
    },
    reload: () => {
      const from = loaded.path ?? "the environment";
      reloadConfig({ from, current: () => current, load, apply, log });
    },
    dumpState: () => void writeLine(process.stdout, JSON.stringify(agent.dumpState())),
  });
}

function componentsOf(
  { agent, engine }: Parts,
  clock: Clock,
  log: FleetdLogger,
): readonly Component[] {
  const refresh = (signal: AbortSignal): Promise<void> =>
    refreshForever(() => agent.refreshMachine(), clock, signal);
  const always = [
    { name: "agent", run: (signal: AbortSignal) => agent.run(signal) },
    { name: "refresh", run: refresh },
  ];
  if (engine !== undefined) {
    return [...always, { name: "engine", run: (signal) => engine.run(signal) }];
  }
  log.info({}, "Not starting engine; disable-engine is set");
  return always;
}
