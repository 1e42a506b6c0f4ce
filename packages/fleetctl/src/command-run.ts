import { type Logger, messageOf } from "@fleet/core";

import { openSession, type Session } from "./client/session.ts";
import type { Context, Rim } from "./context.ts";
import { CommandError, FAILURE } from "./errors.ts";
import type { GlobalOptions } from "./global-options.ts";
import { terminalLogger } from "./terminal-logger.ts";

const SUCCESS = 0;
/** What a shell reports for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** One command from the moment that its flags are known to its exit status. */
export class CommandRun {
  readonly context: Context;
  readonly #rim: Rim;
  readonly #log: Logger;
  #session: Session | undefined;
  #status = SUCCESS;

  constructor(rim: Rim, globals: () => GlobalOptions) {
    const { stdout, stdoutGone, stderr, signal, clock } = rim;
    this.#rim = rim;
    this.#log = terminalLogger(stderr, clock, () => globals().debug);
    this.context = {
      stdout,
      stdoutGone,
      stderr,
      signal,
      clock,
      globals,
      stdin: rim.stdin,
      terminalColumns: rim.terminalColumns,
      log: this.#log,
      client: () => this.#opened().client,
      machines: () => this.#opened().machines,
      remote: () => this.#opened().remote(),
      exitWith: (status) => {
        this.#status = status;
      },
    };
  }

  /** Makes the client ready. @throws {CommandError} with fleet's text. */
  async open(): Promise<void> {
    try {
      this.#session = await openSession(this.context.globals(), this.#rim, this.#log);
    } catch (error) {
      this.#rim.signal.throwIfAborted();
      const message = `Unable to initialize client: ${messageOf(error)}`;
      throw new CommandError(message, { cause: error });
    }
  }

  /** Carries the command out and closes what it opened; tells on stderr what failed. */
  async end(work: () => Promise<void>): Promise<number> {
    const { signal, stderr } = this.#rim;
    try {
      await work();
      return signal.aborted ? INTERRUPTED : this.#status;
    } catch (error) {
      if (signal.aborted) return INTERRUPTED;
      const { connectionAdvice } = await import("./client/connection-advice.ts");
      const advice = connectionAdvice(error, this.context.globals());
      if (advice !== undefined) stderr.write(`${advice}\n`);
      const message = messageOf(error);
      if (message !== "") stderr.write(`${message}\n`);
      if (error instanceof Error) this.#log.debug({}, error.stack ?? "");
      return error instanceof CommandError ? error.exitStatus : FAILURE;
    } finally {
      await this.#session?.close();
    }
  }

  #opened(): Session {
    if (this.#session === undefined) {
      throw new Error("invariant broken: the command runs before its client stands");
    }
    return this.#session;
  }
}
