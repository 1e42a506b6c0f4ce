import { warn, type Context } from "../context.ts";
import { groupedByText } from "./grouped-by-text.ts";
import type { Reports } from "./reports.ts";

/** To the first column, and nothing left of what was in the line. */
const CLEAR_LINE = "\r\u001B[K";
/** Stays free for the `^C` that a terminal shows: a line that goes over the edge is two, and only the second is cleared. */
const FREE_COLUMNS = 3;

/** For a terminal: the last line says what is waited for now, and is gone when there is nothing to wait for. */
export class StatusLine implements Reports {
  readonly #context: Context;
  #isShown = false;

  constructor(context: Context) {
    this.#context = context;
  }

  hide(): void {
    if (this.#isShown) this.#context.stderr.write(CLEAR_LINE);
    this.#isShown = false;
  }

  show(reasons: ReadonlyMap<string, string>): void {
    this.hide();
    if (reasons.size === 0) return;
    const columns = this.#context.terminalColumns() ?? 0;
    const text = `Waiting for ${groupedByText([...reasons]).join("; ")}`;
    this.#context.stderr.write(text.slice(0, Math.max(0, columns - FREE_COLUMNS)));
    this.#isShown = true;
  }

  conclude(name: string, reason: string): void {
    this.hide();
    for (const line of groupedByText([[name, reason]])) warn(this.#context, `Waiting for ${line}`);
  }
}
