/** What the daemon does when it is asked to. */
export interface SignalAnswers {
  /** SIGHUP. */
  readonly reload: () => void;
  /** SIGUSR1. */
  readonly dumpState: () => void;
}

const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;
const ASKED_BY = { SIGHUP: "reload", SIGUSR1: "dumpState" } as const;

/**
 * The signals of this process, caught from the first moment on: one that comes while the parts are
 * still being built would end the process without a word. What cannot be answered yet is answered
 * later, once however often it was asked.
 */
export class Signals {
  /** Resolves when SIGTERM or SIGINT has come. */
  readonly stop: Promise<void>;
  readonly #pending = new Set<keyof SignalAnswers>();
  readonly #listeners: (readonly [NodeJS.Signals, () => void])[] = [];
  #answers: SignalAnswers | undefined;

  constructor() {
    this.stop = new Promise((resolve) => {
      for (const signal of STOP_SIGNALS) this.#on(signal, resolve);
    });
    for (const signal of ["SIGHUP", "SIGUSR1"] as const) {
      this.#on(signal, () => this.#ask(ASKED_BY[signal]));
    }
  }

  /** Answers what was asked so far, and from now on. */
  answer(answers: SignalAnswers): void {
    this.#answers = answers;
    for (const name of this.#pending) answers[name]();
    this.#pending.clear();
  }

  /** Leaves the signals to Node again. */
  release(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  #ask(name: keyof SignalAnswers): void {
    if (this.#answers === undefined) this.#pending.add(name);
    else this.#answers[name]();
  }

  #on(signal: NodeJS.Signals, listener: () => void): void {
    process.on(signal, listener);
    this.#listeners.push([signal, listener]);
  }
}
