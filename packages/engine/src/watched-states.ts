import { childOf, type MachineId, type UnitName, type UnitState } from "@fleet/core";
import type { EngineRegistry } from "@fleet/registry";

/** At most so many states are followed at a time; what waits beyond that waits its turn. */
const WATCHES_MAX = 1_000;

interface Watch {
  readonly unit: UnitName;
  readonly state: UnitState | undefined;
  end(): void;
}

/** Follows what machines say of a few units: those whose moves wait for it. */
export class WatchedStates {
  readonly #registry: Pick<EngineRegistry, "watchState">;
  readonly #onNews: (unit: UnitName) => void;
  readonly #onError: (error: Error) => void;
  readonly #signal: AbortSignal;
  readonly #wanted = new Map<UnitName, readonly MachineId[]>();
  readonly #watches = new Map<string, Watch>();
  /** Units of which not all is followed that is wanted, the first come first. */
  readonly #waiting = new Set<UnitName>();

  /** Until `signal` aborts; `onNews` hears of a unit whenever a machine says something else of it. */
  constructor(
    registry: Pick<EngineRegistry, "watchState">,
    on: { readonly news: (unit: UnitName) => void; readonly error: (error: Error) => void },
    signal: AbortSignal,
  ) {
    this.#registry = registry;
    this.#onNews = on.news;
    this.#onError = on.error;
    this.#signal = signal;
  }

  /** What the machine says of the unit; undefined when it says nothing, or is not followed. */
  stateOf(unit: UnitName, machine: MachineId): UnitState | undefined {
    return this.#watches.get(keyOf(unit, machine))?.state;
  }

  /** From now on what these machines say of the unit is followed, and no other's. */
  follow(unit: UnitName, machines: readonly MachineId[]): void {
    const before = this.#wanted.get(unit) ?? [];
    if (machines.length === 0) this.#wanted.delete(unit);
    else this.#wanted.set(unit, machines);
    if (this.#missing(unit).length === 0) this.#waiting.delete(unit);
    else this.#waiting.add(unit);
    for (const machine of before) {
      if (!machines.includes(machine)) this.#end(unit, machine);
    }
    this.#fill();
  }

  /** Where some wait, those that are followed make room for them and wait themselves: a few that never run hold up nobody. */
  takeTurns(): void {
    if (this.#waiting.size === 0) return;
    for (const [unit, machines] of this.#wanted) {
      if (this.#waiting.has(unit)) continue;
      for (const machine of machines) this.#end(unit, machine);
      this.#waiting.add(unit);
    }
    this.#fill();
  }

  #end(unit: UnitName, machine: MachineId): void {
    const key = keyOf(unit, machine);
    this.#watches.get(key)?.end();
    this.#watches.delete(key);
  }

  #fill(): void {
    for (const unit of this.#waiting) {
      const missing = this.#missing(unit);
      if (this.#watches.size + missing.length > WATCHES_MAX) return;
      this.#waiting.delete(unit);
      for (const machine of missing) this.#watch(unit, machine);
    }
  }

  #missing(unit: UnitName): readonly MachineId[] {
    const wanted = this.#wanted.get(unit) ?? [];
    return wanted.filter((machine) => !this.#watches.has(keyOf(unit, machine)));
  }

  #watch(unit: UnitName, machine: MachineId): void {
    const key = keyOf(unit, machine);
    const own = childOf(this.#signal);
    const end = (): void => own.end();
    this.#watches.set(key, { unit, state: undefined, end });
    const onState = (state: UnitState | undefined): void => {
      if (own.signal.aborted) return;
      this.#watches.set(key, { unit, state, end });
      this.#onNews(unit);
    };
    void this.#registry
      .watchState({ unit, machine }, onState, own.signal)
      .catch(this.#onError)
      .finally(end);
  }
}

function keyOf(unit: UnitName, machine: MachineId): string {
  return `${unit}\n${machine}`;
}
