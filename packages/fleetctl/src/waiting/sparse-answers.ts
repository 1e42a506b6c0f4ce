import type { Context } from "../context.ts";

/** What is waited for is mostly there sooner. */
const ASK_AFTER_MS = 500;
export const ASK_AGAIN_AFTER_MS = 1000;
/** Each costs a request every time; of more units only what the wait itself sees is said. */
const UNITS_ASKED_MAX = 8;

interface Asked<Answer> {
  askAtMs: number;
  answer: Answer | undefined;
}

/** Answers about units that are waited for, asked of the API only when that takes a while, and not about many. */
export class SparseAnswers<Answer> {
  readonly #signal: AbortSignal;
  readonly #ask: (name: string) => Promise<Answer | undefined>;
  readonly #asked = new Map<string, Asked<Answer>>();

  constructor(
    { signal }: Pick<Context, "signal">,
    ask: (name: string) => Promise<Answer | undefined>,
  ) {
    this.#signal = signal;
    this.#ask = ask;
  }

  /** The last answer at `atMs` of the monotonic clock, for a unit that is still waited for then; undefined while there is none. */
  async of(name: string, atMs: number): Promise<Answer | undefined> {
    const asked = this.#asked.get(name);
    if (asked === undefined) {
      if (this.#asked.size < UNITS_ASKED_MAX) {
        this.#asked.set(name, { askAtMs: atMs + ASK_AFTER_MS, answer: undefined });
      }
      return undefined;
    }
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
}
