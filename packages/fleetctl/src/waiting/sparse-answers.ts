import type { Context } from "../context.ts";

/** What is waited for is mostly there sooner. */
const ASK_AFTER_MS = 500;
export const ASK_AGAIN_AFTER_MS = 1000;
/** Each costs a request every time; of more units only what the wait itself sees is said. */
const UNITS_ASKED_MAX = 8;

interface Asked<Answer> {
  /** Of the last look that asked for it. */
  wantedAtMs: number;
  askAtMs: number;
  answer: Answer | undefined;
}

/**
 * Answers about units that are waited for, asked of the API only when that takes a while, and not about many at once. A unit
 * that one look had no question about gives its place to another.
 */
export class SparseAnswers<Answer> {
  readonly #signal: AbortSignal;
  readonly #ask: (name: string) => Promise<Answer | undefined>;
  readonly #asked = new Map<string, Asked<Answer>>();
  /** When the look began that asks at present. */
  #lookAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    { signal }: Pick<Context, "signal">,
    ask: (name: string) => Promise<Answer | undefined>,
  ) {
    this.#signal = signal;
    this.#ask = ask;
  }

  /** The last answer for a unit that the look of `atMs` (monotonic clock) has a question about; undefined while there is none. */
  async of(name: string, atMs: number): Promise<Answer | undefined> {
    this.#beginLook(atMs);
    const asked = this.#asked.get(name);
    if (asked === undefined) {
      if (this.#asked.size < UNITS_ASKED_MAX) {
        this.#asked.set(name, {
          wantedAtMs: atMs,
          askAtMs: atMs + ASK_AFTER_MS,
          answer: undefined,
        });
      }
      return undefined;
    }
    asked.wantedAtMs = atMs;
    if (atMs >= asked.askAtMs) {
      asked.askAtMs = atMs + ASK_AGAIN_AFTER_MS;
      asked.answer = await this.now(name);
    }
    return asked.answer;
  }

  /** Asked at once. An API that does not tell, such as fleet 1.0.0's, is no reason to end anything. */
  async now(name: string): Promise<Answer | undefined> {
    try {
      return await this.#ask(name);
    } catch {
      this.#signal.throwIfAborted();
      return undefined;
    }
  }
  /** Frees the places of units that the look before this one did not ask about: they have a machine by now, or are done. */
  #beginLook(atMs: number): void {
    if (atMs === this.#lookAtMs) return;
    for (const [name, { wantedAtMs }] of this.#asked) {
      if (wantedAtMs !== this.#lookAtMs) this.#asked.delete(name);
    }
    this.#lookAtMs = atMs;
  }
}
