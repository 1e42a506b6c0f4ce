import { warn, type Context } from "../context.ts";
import { groupedByText } from "./grouped-by-text.ts";
import type { Reports } from "./reports.ts";

/** Most waits are over by then, and leave stderr as empty as fleet's. */
const QUIET_MS = 2000;
/** Between two reports: what changes in between is told of as it is then. */
const GAP_MS = 500;

/** For a pipe or a file: says of each unit what it waits for, whenever that has changed, and what became of it. */
export class LineReports implements Reports {
  readonly #context: Context;
  readonly #told = new Map<string, string>();
  #nextMs: number;

  constructor(context: Context) {
    this.#context = context;
    this.#nextMs = context.clock.monotonicMs() + QUIET_MS;
  }

  hide(): void {}

  show(reasons: ReadonlyMap<string, string>, news: ReadonlyMap<string, string>): void {
    // Of units that nothing was said of there is no end to tell either.
    const ended = [...news].filter(([name]) => this.#told.delete(name));
    for (const line of groupedByText(ended)) warn(this.#context, capitalised(line));
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    const changed = [...reasons].filter(([name, reason]) => this.#told.get(name) !== reason);
    if (changed.length === 0) return;
    this.#nextMs = nowMs + GAP_MS;
    for (const [name, reason] of changed) this.#told.set(name, reason);
    for (const line of groupedByText(changed)) warn(this.#context, `Waiting for ${line}`);
  }

  conclude(name: string, reason: string): void {
    if (this.#told.get(name) === reason) return;
    for (const line of groupedByText([[name, reason]])) warn(this.#context, `Waiting for ${line}`);
  }
}

function capitalised(line: string): string {
  return line.charAt(0).toUpperCase() + line.slice(1);
}
