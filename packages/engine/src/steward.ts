import { FleetError, unreachable, type Clock, type MachineId, type UnitName } from "@fleet/core";
import type {
  ClusterSnapshot,
  EngineRegistry,
  EngineWrite,
  LeavingUnit,
  Leadership,
} from "@fleet/registry";
import { Collector } from "./collector.ts";
import { Echoes } from "./echoes.ts";
import type { Feed } from "./feed.ts";
import { Cluster } from "./model/cluster.ts";
import { Dirty, everythingDirty } from "./model/marks.ts";
import type { MovePolicy } from "./model/absence.ts";
import { MoveBudget } from "./move-budget.ts";
import { HandOvers } from "./hand-overs.ts";
import { HoldNotice } from "./hold-notice.ts";
import { LostMarks } from "./lost-marks.ts";
import { isTask, type Decision, type Task } from "./plan/decision.ts";
import { handOver, leavingOf, markAgain } from "./plan/hand-over.ts";
import { writesOf } from "./writes-of.ts";
import { plan } from "./plan/plan.ts";
import type { Report } from "./report.ts";
import { WaitNotices } from "./wait-notices.ts";

/** A plan is written in portions of so many writes; leadership and feed are looked at in between. */
const COMMIT_WRITES_MAX = 500;

/** What it asks the registry for, besides the feed. */
export type StewardReads = "leaseTimes" | "watchState" | "leavingEntries";

export interface StewardDeps {
  readonly leadership: Pick<Leadership, "commit">;
  readonly registry: Pick<EngineRegistry, StewardReads>;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly report: Report;
  readonly moves: MovePolicy;
}

/**
 * How a pass ended. `done`: all is written. `unfinished`: the feed went stale in between; what is left
 * is planned again. `lost`: somebody else leads. `unknown`: it is not known what was written, and it
 * may still be: what is written from now on has to stand behind another fence. `stale`: the model is not
 * to be trusted any more.
 */
export type Outcome = "done" | "unfinished" | "lost" | "unknown" | "stale";

/** Keeps one model of the cluster, from one snapshot on, and writes what follows from it. */
export class Steward {
  readonly cluster: Cluster;
  readonly #deps: StewardDeps;
  readonly #echoes = new Echoes();
  readonly #collector = new Collector();
  readonly #notices = new WaitNotices();
  readonly #hold = new HoldNotice();
  readonly #lostMarks = new LostMarks();
  readonly #budget: MoveBudget;
  readonly #handOvers: HandOvers;
  #dirty = everythingDirty();
  /** When this pass began (monotonic milliseconds); what it acts on was heard of just before. */
  #heardAtMs = 0;

  /** Until `signal` aborts. */
  constructor(snapshot: ClusterSnapshot, deps: StewardDeps, signal: AbortSignal) {
    const { clock, moves } = deps;
    const nowMs = clock.monotonicMs();
    this.cluster = new Cluster(snapshot, nowMs, moves, clock.nowMs() - nowMs);
    this.#budget = new MoveBudget(deps.moves);
    this.#handOvers = new HandOvers(this.cluster, deps, signal);
    this.#deps = deps;
  }

  /** When there is something to do that no event announces (monotonic milliseconds). */
  get wakeAtMs(): number {
    const nowMs = this.#deps.clock.monotonicMs();
    return Math.min(
      this.#notices.dueAtMs,
      this.#hold.dueAtMs,
      this.#budget.dueAtMs,
      this.cluster.machines.absences.judgeAtMs(nowMs),
    );
  }

  #plan(dirty: Dirty): readonly Decision[] {
    const decisions = plan(this.cluster, dirty, this.#budget.left);
    this.#budget.spend(decisions);
    return handOver(this.cluster, decisions);
  }

  /** Takes in what the feed has told and acts on it, if the feed is current. */
  async pass(signal: AbortSignal): Promise<Outcome> {
    const { clock, feed } = this.#deps;
    const startedMs = clock.monotonicMs();
    this.#heardAtMs = startedMs;
    this.#takeIn(startedMs);
    this.#deps.report.unreadable(this.cluster.unreadable.size);
    if (!feed.current) return "done";
    await this.#askAfterLeases(startedMs, signal);
    if (!feed.current) return "done";
    const restored = await this.#restoreMarks(startedMs, signal);
    if (restored !== "done" || !feed.current) return restored;
    this.cluster.judgeAbsences(clock.monotonicMs(), this.#dirty);
    this.#deps.report.undecided(this.cluster.machines.absences.undecided);
    this.#budget.renew(startedMs, this.#dirty);
    if (!this.#dirty.empty) {
      const dirty = this.#dirty;
      this.#dirty = new Dirty();
      const outcome = await this.#carryOut(this.#plan(dirty), signal);
      this.#deps.report.passDone(clock.monotonicMs() - startedMs);
      if (outcome !== "done") return outcome;
    }
    const outcome = await this.#endMoves(signal);
    return outcome === "done" ? this.#tell(signal) : outcome;
  }

  /**
   * Plans everything anew and looks at every move, as a repair: on a sound model there is nothing to do. Also lets time pass
   * for machines that are away and collects what is no longer used.
   */
  async audit(signal: AbortSignal): Promise<Outcome> {
    const { clock, feed, report } = this.#deps;
    if (!feed.current) return "done";
    const nowMs = clock.monotonicMs();
    this.#handOvers.takeTurns();
    const outcome = await this.pass(signal);
    if (outcome !== "done" || !feed.current) return outcome;
    const overdue = this.#handOvers.overdue();
    const ended = await this.#carryOut(overdue, signal);
    if (ended !== "done") return ended;
    const missed = this.#plan(everythingDirty()).filter(isTask);
    report.audited(overdue.length + missed.length);
    const repaired = await this.#carryOut(missed, signal);
    return repaired === "done" ? this.#collect(nowMs, signal) : repaired;
  }

  /**
   * Where a loss is to be judged it is asked whether it is one, and who else may have gone silent. Nothing else is needed
   * for it: where that is not known, those whose units would move wait a while for it.
   */
  async #askAfterLeases(nowMs: number, signal: AbortSignal): Promise<void> {
    const { machines } = this.cluster;
    const asked = machines.toAsk(nowMs);
    if (asked.size === 0) return;
    try {
      const times = await this.#deps.registry.leaseTimes([...asked.keys()], signal);
      machines.heard(asked, times, nowMs);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FleetError)) throw error;
      this.#deps.report.unasked(error);
    }
  }

  /** Before anything is decided without them. Where work lists cannot be read everything is read anew. */
  async #restoreMarks(nowMs: number, signal: AbortSignal): Promise<Outcome> {
    if (!this.#lostMarks.any) return "done";
    let lost: readonly LeavingUnit[];
    try {
      lost = await this.#lostMarks.find(this.cluster, this.#deps.registry, signal);
    } catch (error) {
      if (!signal.aborted && !(error instanceof FleetError)) throw error;
      return "stale";
    }
    for (const { machine } of lost) this.cluster.machines.noteAway(machine, nowMs, false);
    const outcome = await this.#carryOut(lost.map(markAgain), signal);
    if (outcome === "done") this.#lostMarks.restored();
    return outcome;
  }

  #takeIn(nowMs: number): void {
    for (const { changes, revision } of this.#deps.feed.takeChanges()) {
      for (const change of changes) {
        if (this.#echoes.isEcho(change, revision)) continue;
        this.cluster.apply(change, nowMs, this.#dirty);
        this.#lostMarks.note(change);
      }
    }
  }

  async #carryOut(decisions: readonly Decision[], signal: AbortSignal): Promise<Outcome> {
    this.#deps.report.planned(this.cluster, decisions);
    this.#notices.planned(decisions);
    const tasks = decisions.filter(isTask);
    for (let at = 0; at < tasks.length; at += COMMIT_WRITES_MAX) {
      if (!this.#deps.feed.current) {
        this.#dirty = everythingDirty();
        this.cluster.leaving.touchAll();
        return "unfinished";
      }
      const outcome = await this.#write(tasks.slice(at, at + COMMIT_WRITES_MAX), signal);
      if (outcome !== "done") return outcome;
    }
    return "done";
  }

  /** Each thing that has ended may let another one end. */
  async #endMoves(signal: AbortSignal): Promise<Outcome> {
    while (this.#deps.feed.current) {
      const tasks = this.#handOvers.due();
      if (tasks.length === 0) return "done";
      const outcome = await this.#carryOut(tasks, signal);
      if (outcome !== "done") return outcome;
    }
    return "done";
  }

  async #write(tasks: readonly Task[], signal: AbortSignal): Promise<Outcome> {
    const { report, clock } = this.#deps;
    const result = await this.#commit(writesOf(this.cluster, tasks), signal);
    if (result instanceof FleetError) {
      for (const task of tasks) report.failed(task, result);
      return "unknown";
    }
    // A machine that was gone is back: what was planned without it is planned anew.
    if (result.dropped > 0) return "stale";
    for (const task of tasks.slice(0, result.written)) {
      this.#record(task, result.revision);
      report.done(task);
      if (task.kind === "assign") report.placed(clock.monotonicMs() - this.#heardAtMs);
    }
    return result.written === tasks.length ? "done" : "lost";
  }

  /** Tells what is held and why units wait. Nothing depends on it: what fails is told again later. */
  async #tell(signal: AbortSignal): Promise<Outcome> {
    const { clock, feed, report } = this.#deps;
    const nowMs = clock.monotonicMs();
    for (const notices of [this.#hold, this.#notices]) {
      const writes = feed.current ? notices.due(this.cluster, nowMs, report) : [];
      if (writes.length === 0) continue;
      const result = await this.#commit(writes, signal);
      if (result instanceof FleetError) notices.failed(nowMs);
      else if (result.fenced) return "lost";
    }
    return "done";
  }

  async #collect(nowMs: number, signal: AbortSignal): Promise<Outcome> {
    const givenUp = this.cluster
      .toGiveUp(nowMs)
      .map((gone): EngineWrite => ({ kind: "give-up", ...gone }));
    const writes = [...givenUp, ...this.#collector.due(this.cluster, nowMs)];
    if (writes.length === 0) return "done";
    const result = await this.#commit(writes, signal);
    if (result instanceof FleetError) return "unknown";
    this.#deps.report.collected(result.written);
    return result.fenced ? "lost" : "done";
  }

  async #commit(
    writes: readonly EngineWrite[],
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<Leadership["commit"]>> | FleetError> {
    try {
      return await this.#deps.leadership.commit(writes, signal);
    } catch (error) {
      if (signal.aborted) return { written: 0, dropped: 0, fenced: true, revision: 0 };
      if (error instanceof FleetError) return error;
      throw error;
    }
  }

  /** Nothing is marked: the plan has already looked at all that its own decisions affect. */
  #record(task: Task, revision: number): void {
    switch (task.kind) {
      case "assign":
        this.#echoes.wrote("assignment", task.unit, task.to, revision);
        this.#forgetLeaving(task.unit, task.to, revision);
        return this.cluster.setPlacement(task.unit, task.to, task.entry);
      case "update":
        this.#echoes.wrote("assignment", task.unit, task.on, revision);
        return this.cluster.setPlacement(task.unit, task.on, task.entry);
      case "unassign":
        this.#echoes.wrote("assignment", task.unit, task.from, revision);
        return this.cluster.setPlacement(task.unit, task.from, undefined);
      case "leave":
        this.#echoes.wrote("assignment", task.unit, task.from, revision);
        this.#echoes.wrote("leaving", task.unit, task.from, revision);
        this.cluster.setPlacement(task.unit, task.from, undefined);
        return this.cluster.setLeaving(leavingOf(task));
      case "end-leaving":
        return this.#forgetLeaving(task.unit, task.from, revision);
      default:
        return unreachable(task);
    }
  }

  #forgetLeaving(unit: UnitName, machine: MachineId, revision: number): void {
    if (!this.cluster.leaving.of(unit).has(machine)) return;
    this.#echoes.wrote("leaving", unit, machine, revision);
    this.cluster.endLeaving(unit, machine);
  }
}
