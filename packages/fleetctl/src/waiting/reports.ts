import { warn, type Context } from "../context.ts";

/** A wait is silent at first, and between two reports. */
const QUIET_MS = 2000;
const NAMES_MAX = 3;

/** Tells on stderr what a long wait is waiting for: once, and again when there are other reasons. */
export class Reports {
  readonly #context: Context;
  #nextMs: number;
  #told = "";

  constructor(context: Context) {
    this.#context = context;
    this.#nextMs = context.clock.monotonicMs() + QUIET_MS;
  }

  /** `reasons` by unit name: what is true now. */
  show(reasons: ReadonlyMap<string, string>): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    // Not the units: a wait for many of them would tell of every one that got there.
    const news = [...new Set(reasons.values())].toSorted().join("\n");
    if (news === this.#told) return;
    this.#told = news;
    this.#nextMs = nowMs + QUIET_MS;
    warn(this.#context, reportLines(reasons).join("\n"));
  }
}

/** One line for each reason, with the units that it holds for. */
export function reportLines(reasons: ReadonlyMap<string, string>): readonly string[] {
  const units = new Map<string, string[]>();
  for (const [name, reason] of reasons) {
    const names = units.get(reason);
    if (names === undefined) units.set(reason, [name]);
    else names.push(name);
  }
  return [...units].map(([reason, names]) => `Waiting for ${listed(names)}: ${reason}`);
}

function listed(names: readonly string[]): string {
  const [first = ""] = names;
  if (names.length === 1) return `unit ${first}`;
  const more = names.length - NAMES_MAX;
  const some = names.slice(0, NAMES_MAX).join(", ");
  return more > 0 ? `units ${some} and ${more} more` : `units ${some}`;
}
