import type { DesiredState } from "../fleet-api.ts";

/** What a unit is to be; `absent` is also what a destroyed one is to be. */
export type Wish = DesiredState | "absent";

/** What a unit may be, and when the last request was given up that nobody answered. */
interface Doubt {
  readonly wishes: ReadonlySet<Wish>;
  readonly sinceMs: number;
}

/**
 * A request that was given up may arrive after all: when a machine is heard again, the kernel repeats what was sent to
 * it, as much later as it was cut off.
 */
const MAY_ARRIVE_WITHIN_MS = 30_000;

/**
 * What clients were told. An acknowledged wish is certain; one whose answer got lost may count or not, until it cannot
 * arrive any more. All times are of one monotonic clock.
 */
export class Wishes {
  readonly #certain = new Map<string, Wish>();
  readonly #doubts = new Map<string, Doubt>();

  /** What the unit is to be; undefined while nobody can know. */
  of(unit: string): Wish | undefined {
    return this.#doubts.has(unit) ? undefined : (this.#certain.get(unit) ?? "absent");
  }

  acknowledged(unit: string, wish: Wish): void {
    this.#certain.set(unit, wish);
  }

  unanswered(unit: string, wish: Wish, nowMs: number): void {
    this.#doubts.set(unit, { wishes: new Set([...this.#possible(unit), wish]), sinceMs: nowMs });
  }

  /** What is lost or left over, if these units are all that the cluster knows. */
  wrongWith(actual: ReadonlyMap<string, DesiredState>): readonly string[] {
    const units = new Set([...this.#certain.keys(), ...this.#doubts.keys(), ...actual.keys()]);
    return [...units].flatMap((unit) => {
      const is = actual.get(unit) ?? "absent";
      const possible = this.#possible(unit);
      return possible.has(is)
        ? []
        : [`${unit} is ${is} and was wished ${[...possible].join(" or ")}`];
    });
  }

  /** Takes what the cluster knows for certain where there was a doubt for long enough. */
  settle(actual: ReadonlyMap<string, DesiredState>, nowMs: number): void {
    for (const [unit, { sinceMs }] of this.#doubts) {
      if (nowMs - sinceMs < MAY_ARRIVE_WITHIN_MS) continue;
      this.#certain.set(unit, actual.get(unit) ?? "absent");
      this.#doubts.delete(unit);
    }
  }

  #possible(unit: string): ReadonlySet<Wish> {
    return this.#doubts.get(unit)?.wishes ?? new Set([this.#certain.get(unit) ?? "absent"]);
  }
}
