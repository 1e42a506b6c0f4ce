import { orAborted } from "./abort.ts";

/** Lets one at a time do something that must not overlap, in the order of asking. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when it is its turn; gives up its place when `signal` aborts before that. */
  async take<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const mine = this.#after(this.#last, work, signal);
    this.#last = mine.catch(() => undefined);
    return orAborted(mine, signal);
  }

  async #after<Result>(
    earlier: Promise<unknown>,
    work: () => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    await earlier;
    signal.throwIfAborted();
    return work();
  }
}
