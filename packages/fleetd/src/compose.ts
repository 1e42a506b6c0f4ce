import { type Agent, type AgentObserver, createAgent } from "@fleet/agent";
import { type ApiServer, createApiServer } from "@fleet/api/server";
import type { Clock } from "@fleet/core";
import { createEngine, type Engine, type MovePolicy } from "@fleet/engine";
import { openRegistry, type Registry } from "@fleet/registry";
import { openEtcdStore } from "@fleet/registry/etcd";
import { openSystemdUnitManager, type SystemdUnitManager } from "@fleet/systemd/dbus";
import type { Config } from "./config/settings.ts";
import { dropRunners } from "./drop/drop-runner.ts";
import { ReloadedDrop } from "./drop/reloaded-drop.ts";
import { EtcdMarkFile } from "./etcd-mark-file.ts";
import { etcdOptions } from "./etcd-options.ts";
import { instanceToken, readBootId } from "./instance.ts";
import { leaderTtlMs } from "./leader-ttl.ts";
import { LeaseFile } from "./lease-file.ts";
import type { FleetdLogger } from "./logger.ts";
import { describeMachine, machineAtStart } from "./machine-identity.ts";
import { createMetrics } from "./metrics.ts";
import { serverPhrases } from "./server-phrases.ts";
import { unitsOptions } from "./units-directory.ts";
import { VERSION } from "./version.ts";

/** Everything one fleetd is made of. */
export interface Parts {
  readonly units: SystemdUnitManager;
  readonly registry: Registry;
  /** Which etcd the registry works with, over restarts. */
  readonly etcdMark: EtcdMarkFile;
  /** Until when this machine's lease holds, over restarts. */
  readonly leaseFile: LeaseFile;
  readonly agent: Agent;
  /** Absent on a machine that takes no part in leading the cluster. */
  readonly engine: Engine | undefined;
  readonly drop: ReloadedDrop;
  readonly api: ApiServer;
}

export interface ComposeDeps {
  /** The settings at the start. */
  readonly config: Config;
  /** The settings now: a reload may have changed metadata and address. */
  readonly current: () => Config;
  readonly clock: Clock;
  readonly log: FleetdLogger;
  /** Whether the daemon has been told to end. */
  readonly isStopping: () => boolean;
  /** Shows one line in `systemctl status`. */
  readonly status: (text: string) => void;
}

/** The engine checks its whole model against its plan so often: a repair, not a way of working. */
const AUDIT_INTERVAL_MS = 60_000;

/**
 * Builds every part and connects them; nothing runs yet. It decides nothing: a parts list.
 * @throws {FleetError} when a part cannot be built: no machine ID, no systemd, an unreadable file.
 */
export async function compose(deps: ComposeDeps): Promise<Parts> {
  const { config, current, clock, log } = deps;
  const machine = machineAtStart(config, log);
  const store = openEtcdStore(etcdOptions(config, clock, log));
  const units = await openSystemdUnitManager({ ...unitsOptions(config), clock, log });
  const instance = await instanceToken(config.units_directory);
  const metrics = createMetrics();
  const etcdMark = await EtcdMarkFile.open({ directory: config.units_directory, clock, log });
  const bootId = await readBootId();
  const leaseFile = await LeaseFile.open({ directory: config.units_directory, bootId, log });
  const prefix = config.etcd_key_prefix;
  const registry = openRegistry(store, {
    prefix,
    clock,
    log,
    memory: etcdMark,
    observer: metrics.registry,
  });
  const agent = createAgent({
    registry,
    units,
    clock,
    log,
    machine: () => describeMachine(current()),
    instance,
    ttlMs: config.agent_ttl,
    leaseMemory: leaseFile,
    observer: alsoTelling({ ...serverPhrases(deps), ...metrics.agent }, () => engine),
  });
  const engine: Engine | undefined = config.disable_engine
    ? undefined
    : createEngine({
        registry,
        clock,
        log,
        machine: machine.id,
        leaseTtlMs: leaderTtlMs(config),
        auditIntervalMs: AUDIT_INTERVAL_MS,
        moves: movePolicy(current, () => agent.steadySinceMs),
        observer: metrics.engine,
      });
  const onCounts = metrics.drop;
  const makeDrop = dropRunners({ registry, clock, log, machine: machine.id, onCounts });
  const drop = new ReloadedDrop(makeDrop, current);
  const api = createApiServer({
    registry,
    tokenLimit: config.token_limit,
    version: VERSION,
    log,
    clock,
    available: () => agent.available,
    metrics: metrics.page,
  });
  return { units, registry, etcdMark, leaseFile, agent, engine, drop, api };
}

/** Nothing moves while this machine is not in the cluster: the engine hears of it when that changes. */
function alsoTelling(observer: AgentObserver, engine: () => Engine | undefined): AgentObserver {
  return {
    ...observer,
    onAvailable: (available) => {
      observer.onAvailable?.(available);
      engine()?.movesChanged();
    },
  };
}

/** Follows the settings as they change, and since when this machine is steadily present: undefined when it is not. */
function movePolicy(current: () => Config, steadySinceMs: () => number | undefined): MovePolicy {
  return {
    get notBeforeMs() {
      return (steadySinceMs() ?? Number.POSITIVE_INFINITY) + current().agent_ttl;
    },
    get agentTtlMs() {
      return current().agent_ttl;
    },
    get moveAfterMs() {
      return current().move_after;
    },
    get massLossShare() {
      return current().mass_loss_share / 100;
    },
    get movesPerSecond() {
      return current().move_rate;
    },
  };
}
