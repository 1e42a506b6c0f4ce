import type { DropContent } from "./read-drop-file.ts";

/** Hears of a directory. Calls are synchronous and in order. */
export interface DropSink {
  /**
   * The directory is there: for the first time, again, or another one in its place. These are the
   * names of all its files that are meant to be units; what is in them follows.
   */
  found(names: readonly string[]): void;
  /** What files hold that have come to rest, by name; undefined: the file is gone. */
  read(contents: ReadonlyMap<string, DropContent | undefined>): void;
  /** The directory cannot be read any more, or not yet. None of its files counts as removed by that. */
  lost(reason: string): void;
}

/** The directory whose files are wishes, watched. */
export interface DropDirectory {
  /** As configured, for the log. */
  readonly path: string;
  /** Tells what is in the directory and what changes there, until `signal` aborts. */
  watch(sink: DropSink, signal: AbortSignal): Promise<void>;
}
