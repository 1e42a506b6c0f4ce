import { createAgent } from "@fleet/agent";
import { createApiServer } from "@fleet/api/server";
import { createEngine } from "@fleet/engine";
import { openRegistry } from "@fleet/registry";
import { openEtcdStore } from "@fleet/registry/etcd";
import { openSystemdUnitManager } from "@fleet/systemd/dbus";
import type { LoadedConfig } from "./config/config.ts";
import type { Config } from "./config/settings.ts";
import { etcdOptions } from "./etcd-options.ts";
import { instanceToken } from "./instance.ts";
import { passedSockets } from "./listen.ts";
import type { FleetdLogger } from "./logger.ts";
import { describeMachine } from "./machine-identity.ts";
import { notifySystemd } from "./notify.ts";
import { reloadConfig } from "./reload.ts";
import { refreshForever } from "./refresh.ts";
import { supervise, type Component } from "./supervise.ts";
import { systemClock } from "./system-clock.ts";
import { VERSION } from "./version.ts";

export interface DaemonOptions {
  readonly loaded: LoadedConfig;
  /** Reads the settings again, for SIGHUP. */
  readonly load: () => LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly log: FleetdLogger;
}

const LEASE_INTERVALS = 5;
/** The engine checks its whole model against its plan so often: a repair, not a way of working. */
const AUDIT_INTERVAL_MS = 60_000;
const API_CLOSE_GRACE_MS = 1_000;

/**
 * Builds every part, runs them until a signal comes or one breaks, and takes them down again.
 * Resolves with the exit code. It decides nothing: reads like a parts list.
 * @throws {FleetError} when a part cannot be built: no machine ID, no systemd, an unreadable file.
 */
export async function runDaemon({ loaded, load, env, log }: DaemonOptions): Promise<number> {
  const clock = systemClock;
  const { config } = loaded;
  let { config: current } = loaded;
  const machine = describeMachine(config);
  const units = await openSystemdUnitManager({
    directory: config.units_directory,
    bus: config.systemd_user ? "user" : "system",
    clock,
    log,
  });
  const instance = await instanceToken(config.units_directory);
  const store = openEtcdStore(etcdOptions(config, clock, log));
  const registry = openRegistry(store, { prefix: config.etcd_key_prefix, clock, log });
  const agent = createAgent({
    registry,
    units,
    clock,
    log,
    machine: () => describeMachine(current),
    instance,
    ttlMs: config.agent_ttl,
  });
  const engine = createEngine({
    registry,
    clock,
    log,
    machine: machine.id,
    leaseTtlMs: config.engine_reconcile_interval * LEASE_INTERVALS,
    auditIntervalMs: AUDIT_INTERVAL_MS,
  });
  const api = createApiServer({
    registry,
    tokenLimit: config.token_limit,
    version: VERSION,
    log,
    clock,
    available: () => agent.available,
  });
  for (const { fd } of passedSockets(env, process.pid)) await api.listen({ fd });
  log.info({ machine: machine.id }, "Establishing etcd connectivity");
  await notifySystemd(env, "--ready");

  const components: Component[] = [
    { name: "agent", run: (signal) => agent.run(signal) },
    {
      name: "refresh",
      run: (signal) => refreshForever(() => agent.refreshMachine(), clock, signal),
    },
  ];
  if (config.disable_engine) log.info({}, "Not starting engine; disable-engine is set");
  else components.push({ name: "engine", run: (signal) => engine.run(signal) });
  return supervise({
    components,
    log,
    ownJob: (signal) => units.ownUnitJob(signal),
    isService: env["NOTIFY_SOCKET"] !== undefined,
    leave: (signal) => agent.leave(signal),
    close: async () => {
      await api.close(API_CLOSE_GRACE_MS);
      await registry.close();
      await units.close();
    },
    reload: () => {
      const apply = (changed: Config): void => {
        current = changed;
        log.setDebug(changed.verbosity > 0);
        api.setTokenLimit(changed.token_limit);
        agent.refreshMachine();
      };
      reloadConfig({ origin: loaded.origin, load, apply, log });
    },
    dumpState: () => void process.stdout.write(`${JSON.stringify(agent.dumpState())}\n`),
  });
}
