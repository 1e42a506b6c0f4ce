import type { Context } from "../context.ts";
import { LineReports } from "./line-reports.ts";
import { StatusLine } from "./status-line.ts";

/** Tells on stderr what a wait is waiting for. */
export interface Reports {
  /** Makes room for whatever else is printed. */
  hide(): void;
  /**
   * What is true now, by unit name: what the units that are on their way wait for, and what became of those that got there
   * since the last time.
   */
  show(reasons: ReadonlyMap<string, string>, news: ReadonlyMap<string, string>): void;
  /** The time is over: leaves a line on what this unit waits for, unless there is one. */
  conclude(name: string, reason: string): void;
}

/** In place on a terminal; in a pipe, and where `--debug` writes in between, one line for each change. */
export function newReports(context: Context): Reports {
  const inPlace = context.terminalColumns() !== undefined && !context.globals().debug;
  return inPlace ? new StatusLine(context) : new LineReports(context);
}
