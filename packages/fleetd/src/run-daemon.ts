import type { Clock } from "@fleet/core";
import { systemClock } from "@fleet/core/system-clock";
import { SettingsAtWork } from "./apply-settings.ts";
import { compose, type Parts } from "./compose.ts";
import type { LoadedConfig } from "./config/config.ts";
import type { Config } from "./config/settings.ts";
import { passedSockets } from "./listen.ts";
import type { FleetdLogger } from "./logger.ts";
import { refreshForever } from "./refresh.ts";
import { reloadConfig } from "./reload.ts";
import { reloadingService } from "./reload-service.ts";
import { notifyOf, Service, watchdogMs } from "./service.ts";
import type { Signals } from "./signals.ts";
import { supervise, type Component } from "./supervise.ts";
import { moveUnitsDirectory } from "./units-directory.ts";
import { watchdog } from "./watchdog.ts";
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
  const settings = new SettingsAtWork(loaded.config, { clock, log });
  const service = new Service(notifyOf(env), log);
  let isStopping = false;
  void signals.stop.then(() => {
    isStopping = true;
    return service.status("Stopping");
  });
  const parts = await compose({
    config: loaded.config,
    current: () => settings.current,
    clock,
    log,
    isStopping: () => isStopping,
    status: (text) => void service.status(text),
  });
  const { agent, api, units, registry, etcdMark, leaseFile } = parts;
  for (const { fd } of passedSockets(env, process.pid)) await api.listen({ fd });
  log.info({}, "Establishing etcd connectivity");
  await service.status("Establishing etcd connectivity");
  await service.ready();
  const from = loaded.path ?? "the environment";
  const current = (): Config => settings.current;
  const move = (directory: string): Promise<void> => moveUnitsDirectory(directory, parts);
  const apply = (changed: Config): void => settings.apply(changed, parts);
  return supervise({
    components: [...componentsOf(parts, clock, log), ...watchdogOf(env, service, clock)],
    log,
    signals,
    ownJob: (signal) => units.ownUnitJob(signal),
    isService: env["NOTIFY_SOCKET"] !== undefined,
    leave: async (signal) => {
      await agent.leave(signal);
      await etcdMark.forget();
    },
    close: async () => {
      settings.close();
      await api.close(API_CLOSE_GRACE_MS);
      await registry.close();
      await etcdMark.close();
      await leaseFile.close();
      await units.close();
    },
    reload: reloadingService(service, () =>
      reloadConfig({ from, current, load, move, apply, log }),
    ),
    dumpState: () => void writeLine(process.stdout, JSON.stringify(agent.dumpState())),
  });
}

/** Present only where systemd watches this process. */
function watchdogOf(env: NodeJS.ProcessEnv, service: Service, clock: Clock): readonly Component[] {
  const timeoutMs = watchdogMs(env, process.pid);
  return timeoutMs === undefined ? [] : [watchdog(timeoutMs, () => service.alive(), clock)];
}

function componentsOf(
  { agent, engine, drop }: Parts,
  clock: Clock,
  log: FleetdLogger,
): readonly Component[] {
  const refresh = (signal: AbortSignal): Promise<void> =>
    refreshForever(() => agent.refreshMachine(), clock, signal);
  const always = [
    { name: "agent", run: (signal: AbortSignal) => agent.run(signal) },
    { name: "refresh", run: refresh },
    { name: "drop directory", run: (signal: AbortSignal) => drop.run(signal) },
  ];
  if (engine !== undefined) {
    return [...always, { name: "engine", run: (signal) => engine.run(signal) }];
  }
  log.info({}, "Not starting engine; disable-engine is set");
  return always;
}
