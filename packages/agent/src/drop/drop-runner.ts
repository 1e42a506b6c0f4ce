import {
  childOf,
  type ChildSignal,
  type Clock,
  FleetError,
  Latch,
  type Logger,
  type MachineId,
  type UnitName,
} from "@fleet/core";
import type { DropRegistry, DropView, Revision } from "@fleet/registry";
import { delayMs, PEER_BACK_OFF } from "../wait/back-off.ts";
import { InFlight } from "../run/in-flight.ts";
import { decideDrop, type DropDecision, isSettled } from "./decide-drop.ts";
import { DropBook, type DueFile } from "./drop-book.ts";
import type { DropDirectory } from "./drop-directory.ts";
import { type DropCounts, DropStandings } from "./drop-standings.ts";

/** Names whose units are read with one request. */
const LOOK_NAMES_MAX = 64;
/** Writes under way at once. */
const WRITES_MAX = 8;
/** Units of others that are watched until they make room; more wait for a change of their own file. */
const WATCHED_UNITS_MAX = 64;
/** Units that one log line names. */
const NAMED_UNITS_MAX = 20;
/** How long to stand back when another machine was faster. */
const RACE_BACK_OFF = { firstMs: 10, maxMs: 1_000 };

export interface DropRunnerDeps {
  readonly registry: DropRegistry;
  readonly directory: DropDirectory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly machine: MachineId;
  /** Whether a directory that is found empty removes the units that it made. */
  readonly prune: boolean;
  readonly onCounts?: (counts: DropCounts) => void;
}

/** Makes what is in a directory the cluster's wish. */
export interface DropRunner {
  /**
   * Works until `signal` aborts. What the directory made then stays. Rejects only when an invariant
   * is broken.
   */
  run(signal: AbortSignal): Promise<void>;
}

export function createDropRunner(deps: DropRunnerDeps): DropRunner {
  return new DirectoryRunner(deps);
}

/** One name, what is stored under it and what that means. */
interface Case {
  readonly name: string;
  readonly seen: DropView;
  readonly decision: DropDecision;
}

class DirectoryRunner implements DropRunner {
  readonly #deps: DropRunnerDeps;
  readonly #wake = new Latch();
  readonly #book: DropBook;
  readonly #standings = new DropStandings();
  /** Refused names, and the revision of the unit that stands in their way. */
  readonly #inTheWay = new Map<UnitName, Revision>();
  readonly #inFlight = new InFlight(() => this.#wake.set());
  #watching: ChildSignal | undefined;
  #watched = "";
  #lost = "";
  #races = 0;

  constructor(deps: DropRunnerDeps) {
    this.#deps = deps;
    const { log, directory } = deps;
    this.#book = new DropBook(
      () => this.#wake.set(),
      (reason) => {
        if (reason === this.#lost) return;
        this.#lost = reason;
        log.warn(
          { path: directory.path, reason },
          "Drop directory cannot be read: what it made stays",
        );
      },
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    const life = childOf(signal);
    const parts = [this.#deps.directory.watch(this.#book, life.signal), this.#work(life.signal)];
    const ended = parts.map(async (part) => {
      try {
        await part;
      } finally {
        life.end();
      }
    });
    const results = await Promise.allSettled(ended);
    this.#watching?.end();
    await this.#inFlight.settled();
    const broken = results.find((result) => result.status === "rejected");
    if (broken !== undefined) throw broken.reason;
  }

  /** Whatever the registry cannot do now is done later; nothing that is due is forgotten. */
  async #work(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    let failures = 0;
    while (!signal.aborted) {
      if (!this.#book.hasWork) await this.#wake.wait(signal);
      if (signal.aborted) return;
      this.#inFlight.rethrow();
      try {
        await this.#round(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof FleetError)) throw error;
        failures += 1;
        const retryMs = delayMs(PEER_BACK_OFF, failures);
        const line = "Dropped files wait for the registry";
        if (failures === 1) log.warn({ err: error, retryMs }, line);
        else log.debug({ err: error, retryMs }, line);
        await clock.sleep(retryMs, signal);
      }
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const found = this.#book.takeFound();
    if (found !== undefined) await this.#compare(found, signal);
    const { findings } = this.#book;
    const due = this.#book.takeDue(LOOK_NAMES_MAX);
    const undone = new Set(due.map(({ name }) => name));
    let raced = 0;
    try {
      const cases = await this.#look(due, signal);
      await eachLimited(cases, WRITES_MAX, async (one) => {
        if (await this.#settle(one, signal)) undone.delete(one.name);
        else raced += 1;
      });
    } finally {
      this.#book.giveBackDue(undone, findings);
    }
    this.#deps.onCounts?.(this.#standings.counts());
    this.#watchRefused(signal);
    await this.#standBack(raced, signal);
  }

  /** Finds out which files went away while nobody looked. */
  async #compare(found: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { registry, machine, directory, prune, log } = this.#deps;
    const { path } = directory;
    try {
      const recorded = await registry.dropNames(machine, signal);
      const gone = recorded.filter((name) => !found.has(name));
      this.#lost = "";
      log.info({ path, files: found.size, gone: gone.length }, "Drop directory found");
      if (found.size > 0 || prune || gone.length === 0) this.#book.add(gone);
      else {
        const line =
          "Drop directory is empty: the units that it made stay (unit_drop_prune=true removes them)";
        log.warn({ path, units: gone.slice(0, NAMED_UNITS_MAX), count: gone.length }, line);
      }
    } catch (error) {
      this.#book.giveBackFound(found);
      throw error;
    }
  }

  /** Decides on the files as they were taken: while the registry answers, the directory may go or be found anew. */
  async #look(due: readonly DueFile[], signal: AbortSignal): Promise<readonly Case[]> {
    if (due.length === 0) return [];
    const { registry, machine } = this.#deps;
    const names = due.map(({ name }) => name);
    const views = await registry.dropViews(machine, names, signal);
    return due.flatMap(({ name, file }, index) => {
      const seen = views[index];
      return seen === undefined
        ? []
        : [{ name, seen, decision: decideDrop({ machine, file, seen }) }];
    });
  }

  /** False when somebody else changed the unit meanwhile. */
  async #settle({ name, seen, decision }: Case, signal: AbortSignal): Promise<boolean> {
    const { registry, machine } = this.#deps;
    const { change, record } = decision;
    if (!isSettled(decision, seen.record)) {
      const write = { machine, name, seen, ...(change && { change }), record };
      if (!(await registry.commitDrop(write, signal))) return false;
    }
    if (decision.outcome === "refused") this.#inTheWay.set(name as UnitName, seen.unitRevision);
    else this.#inTheWay.delete(name as UnitName);
    this.#tell(name, decision);
    return true;
  }

  /** Says what became of a file: problems once, and the rest where something was done. */
  #tell(unit: string, { outcome, change, record }: DropDecision): void {
    const { log, directory } = this.#deps;
    const reason = record?.problem ?? "";
    const isNews = this.#standings.note(unit, outcome, reason);
    const fields = { unit, path: directory.path };
    if (reason !== "") {
      if (isNews) log.warn({ ...fields, reason }, `Dropped file ${outcome}`);
    } else if (change !== undefined) log.info(fields, `Dropped file: unit ${outcome}`);
  }

  /** Watches the units that stand in the way of files, so that those have effect as soon as they may. */
  #watchRefused(signal: AbortSignal): void {
    const seen = new Map([...this.#inTheWay].slice(0, WATCHED_UNITS_MAX));
    const watched = [...seen.keys()].join("/");
    if (watched === this.#watched) return;
    this.#watching?.end();
    this.#watched = watched;
    if (seen.size === 0) return;
    const watching = childOf(signal);
    this.#watching = watching;
    const { registry } = this.#deps;
    const onChange = (unit: UnitName): void => this.#book.add([unit]);
    const watch = registry.watchUnits(seen, onChange, watching.signal);
    this.#inFlight.begin(watch, watching.signal);
  }

  /** Machines that hold the same files get out of each other's way, each by another time. */
  async #standBack(raced: number, signal: AbortSignal): Promise<void> {
    this.#races = raced === 0 ? 0 : this.#races + 1;
    if (raced === 0) return;
    const { clock, machine } = this.#deps;
    const share = 1 + (Number.parseInt(machine.slice(0, 2), 16) || 0) / 0xff;
    await clock.sleep(delayMs(RACE_BACK_OFF, this.#races) * share, signal);
  }
}

async function eachLimited<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  const lanes = Array.from({ length: Math.min(limit, items.length) }, lane);
  const results = await Promise.allSettled(lanes);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
