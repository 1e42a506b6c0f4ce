import {
  childOf,
  type ChildSignal,
  type Clock,
  FleetError,
  type Logger,
  type Machine,
  type MachineId,
  untilAborted,
} from "@fleet/core";
import type { AgentRegistry } from "@fleet/registry";
import type { UnitManager, UnitManagerSink } from "@fleet/systemd";
import { dumpState, type AgentDump } from "./dump-state.ts";
import { Gather } from "./wait/gather.ts";
import { IsolationGuard } from "./isolation/isolation-guard.ts";
import type { LeaseMemory } from "./isolation/lease-memory.ts";
import { keepUp } from "./wait/keep-up.ts";
import { unloadEverything } from "./leave.ts";
import { PresenceKeeper, type Announced } from "./presence-keeper.ts";
import { StatePublisher } from "./publish/publish-states.ts";
import { Reconciler } from "./run/reconciler.ts";
import type { Task } from "./plan/tasks.ts";
import { WorkList } from "./plan/work-list.ts";

/** How long the store may take to hear that this machine leaves. */
const LEAVE_STORE_MS_MAX = 5_000;

/** Who wants to know, without waiting for it. Calls are synchronous. */
export interface AgentObserver {
  /** The machine is known to the cluster under a live lease (true), or is not (false). */
  onAvailable?(available: boolean): void;
  /** A task came to its end, or failed and will be tried again. */
  onTask?(task: Task, error: string | undefined): void;
  /** systemd has carried out a job, well or not, from the request to its result. */
  onJob?(kind: "start" | "stop", durationMs: number): void;
  /** A unit was started, so long after this machine heard that it should be. */
  onStarted?(sinceWishMs: number): void;
}

export interface AgentDeps {
  readonly registry: AgentRegistry;
  readonly units: UnitManager;
  readonly clock: Clock;
  readonly log: Logger;
  /** This machine as it is now; asked again at each announcement and {@link Agent.refreshMachine}. */
  readonly machine: () => Machine;
  /** Tells this machine apart from another with the same ID; survives a restart of the daemon. */
  readonly instance: string;
  /** How long the machine stays known to the cluster without a sign of life. */
  readonly ttlMs: number;
  /** What an earlier daemon knew of its lease, for units that must not run without one. */
  readonly leaseMemory: LeaseMemory;
  readonly observer?: AgentObserver;
}

/** Makes one machine do what its work list says, and tells the cluster how its units are. */
export interface Agent {
  /** True while the machine is announced under a live lease: the API answers only then. */
  readonly available: boolean;
  /**
   * Since when it is, without an interruption in which others may have lost their leases (monotonic milliseconds);
   * undefined while it is not.
   */
  readonly steadySinceMs: number | undefined;
  /**
   * Works until `signal` aborts. Then every unit runs on and the machine stays announced until its
   * lease ends: the next daemon with the same instance token takes it over. Once only.
   * Rejects only when an invariant is broken.
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Leaves the cluster: ends the work of `run`, stops and removes every unit, then withdraws
   * states and presence. Bounded in time even when systemd or the store does not answer; what could
   * not be done is logged by name.
   */
  leave(signal: AbortSignal): Promise<void>;
  /** Publishes the machine's description again if it changed. */
  refreshMachine(): void;
  dumpState(): AgentDump;
}

export function createAgent(deps: AgentDeps): Agent {
  return new MachineAgent(deps);
}

class MachineAgent implements Agent {
  readonly #deps: AgentDeps;
  readonly #workList: WorkList;
  readonly #gather: Gather;
  readonly #reconciler: Reconciler;
  readonly #publisher: StatePublisher;
  readonly #guard: IsolationGuard;
  readonly #keeper: PresenceKeeper;
  readonly #left = new AbortController();
  #running: Promise<void> | undefined;
  #availableSinceMs: number | undefined;

  constructor(deps: AgentDeps) {
    this.#deps = deps;
    const { registry, units, clock, log } = deps;
    this.#gather = new Gather(clock, (changed) => this.#reconciler.wishesChanged(changed));
    this.#workList = new WorkList(
      {
        onChange: (changed) => this.#gather.add(changed),
        onFresh: () => {
          this.#reconciler.listIsFresh();
          this.#publisher.hurry();
        },
      },
      log,
    );
    this.#guard = new IsolationGuard({
      ...deps,
      memory: deps.leaseMemory,
      presence: () => this.#keeper.presence,
      onStopped: () => this.#reconciler.resync(),
    });
    this.#reconciler = new Reconciler({
      units: {
        installed: (signal) => units.installed(signal),
        install: (files, signal) => units.install(files, signal),
        remove: (names, signal) => units.remove(names, signal),
        start: (unit, signal) => this.#guard.start(unit, signal),
        stop: (unit, signal) => units.stop(unit, signal),
      },
      files: registry,
      wishes: this.#workList,
      present: () => (this.#keeper.presence?.remainingMs() ?? 0) > 0,
      clock,
      log,
      onTask: (task, error) => deps.observer?.onTask?.(task, error),
      onJob: (kind, durationMs) => deps.observer?.onJob?.(kind, durationMs),
      onStarted: (sinceWishMs) => deps.observer?.onStarted?.(sinceWishMs),
      onChanged: (unit) => this.#publisher.mark([unit]),
    });
    this.#publisher = new StatePublisher({ units, reports: this.#reconciler, clock, log });
    this.#keeper = new PresenceKeeper({
      ...deps,
      session: ({ machine }, signal) => this.#followWorkList(machine.id, signal),
      onChange: (announced) => this.#onPresence(announced),
    });
  }

  get available(): boolean {
    return this.#availableSinceMs !== undefined;
  }

  get steadySinceMs(): number | undefined {
    const presence = this.#keeper.presence;
    if (this.#availableSinceMs === undefined || presence === undefined) return undefined;
    return Math.max(this.#availableSinceMs, presence.steadySinceMs());
  }

  async run(signal: AbortSignal): Promise<void> {
    const life = childOf(signal);
    const endLife = (): void => life.end();
    this.#left.signal.addEventListener("abort", endLife);
    if (this.#left.signal.aborted) endLife();
    this.#running = this.#work(life);
    try {
      await this.#running;
    } finally {
      this.#left.signal.removeEventListener("abort", endLife);
      this.#setAvailable(false);
    }
    await untilAborted(signal);
  }

  async leave(signal: AbortSignal): Promise<void> {
    this.#left.abort();
    await this.#running?.catch(() => {}); // Whoever called run is told.
    await unloadEverything(this.#deps, signal);
    await this.#withdraw(signal);
  }

  refreshMachine(): void {
    this.#keeper.refresh();
  }

  dumpState(): AgentDump {
    return dumpState(this.#reconciler, this.#publisher);
  }

  /** Runs the parts side by side; the first that breaks ends all of them. */
  async #work(life: ChildSignal): Promise<void> {
    const { clock, log, units } = this.#deps;
    const parts: readonly ((signal: AbortSignal) => Promise<void>)[] = [
      (signal) => this.#keeper.run(signal),
      (signal) => this.#gather.run(signal),
      (signal) => this.#reconciler.run(signal),
      (signal) => this.#publisher.run(signal),
      (signal) => this.#guard.run(signal),
      (signal) => {
        const watch = (until: AbortSignal): Promise<void> => units.watch(this.#sink(), until);
        return keepUp(watch, { clock, log, what: "watching systemd" }, signal);
      },
    ];
    const running = parts.map(async (part) => {
      try {
        await part(life.signal);
      } finally {
        life.end();
      }
    });
    const results = await Promise.allSettled(running);
    const broken = results.find((result) => result.status === "rejected");
    if (broken !== undefined) throw broken.reason;
  }

  async #followWorkList(machine: MachineId, signal: AbortSignal): Promise<void> {
    const { clock, log, registry } = this.#deps;
    const watch = (until: AbortSignal): Promise<void> =>
      registry.watchSchedule(machine, this.#workList.newView(), until);
    await keepUp(watch, { clock, log, what: "watching the work list" }, signal);
  }

  #onPresence(announced: Announced | undefined): void {
    this.#guard.presenceChanged();
    this.#publisher.use(announced);
    if (announced === undefined) this.#workList.endView();
    this.#setAvailable(announced !== undefined);
  }

  #setAvailable(available: boolean): void {
    if (this.available === available) return;
    this.#availableSinceMs = available ? this.#deps.clock.monotonicMs() : undefined;
    this.#deps.observer?.onAvailable?.(available);
  }

  #sink(): UnitManagerSink {
    const { log } = this.#deps;
    let wasLive = true;
    return {
      onChange: (units) => this.#publisher.mark(units),
      onResync: () => {
        this.#reconciler.resync();
        this.#publisher.markAll();
      },
      live: (live) => {
        if (live === wasLive) return;
        wasLive = live;
        if (live) log.info({}, "systemd can be reached again");
        else log.error({}, "systemd cannot be reached: what runs goes on");
      },
    };
  }

  /** Takes states and presence back, so that others take over at once. */
  async #withdraw(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const presence = this.#keeper.presence;
    if (presence === undefined) return;
    const limit = childOf(signal);
    void clock.sleep(LEAVE_STORE_MS_MAX, limit.signal).then(() => limit.end());
    try {
      await presence.leave(limit.signal);
    } catch (error) {
      if (!(error instanceof FleetError) && !limit.signal.aborted) throw error;
      log.warn({ err: error }, "presence not withdrawn: it ends with its lease");
    } finally {
      limit.end();
    }
  }
}
