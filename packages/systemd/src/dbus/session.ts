import { type Clock, type Logger, SystemdError } from "@fleet/core";

import { orAborted } from "../abort.ts";
import { Deferred } from "../deferred.ts";
import { BusConnection, type BusSignal } from "./connection.ts";
import { ConnectionLostError } from "./dbus-error.ts";
import { type BusChoice, endpointOf } from "./endpoint.ts";
import { Manager } from "./manager.ts";
import { addMatchCall, MATCH_RULES } from "./greeting.ts";
import type { MethodCall } from "./method-call.ts";

export interface SessionOptions {
  readonly bus: BusChoice;
  readonly clock: Clock;
  readonly log: Logger;
  readonly listener: SessionListener;
}

export interface SessionListener {
  onSignal(signal: BusSignal): void;
  /** The connection is there (true) or lost (false). */
  onLive(live: boolean): void;
}

const RETRY_MS_FIRST = 50;
const RETRY_MS_MAX = 5_000;
/** How long a call waits for a lost connection to come back: systemd re-executes itself in a fraction of it. */
const RECONNECTION_WAIT_MS = 5_000;

/**
 * A connection to systemd that is made again whenever it breaks: also when systemd left the bus and
 * came back, since what it knew of us may be gone. Signals in between are lost; `onLive(true)` says so.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #closed = new AbortController();
  #connection: Deferred<BusConnection> = new Deferred();
  /** The same when it is there. */
  #live: BusConnection | undefined;
  #keeping: Promise<void> = Promise.resolve();

  private constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** @throws {SystemdError} when the first connection cannot be made. */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    const connection = await session.#connect();
    session.#connected(connection);
    session.#keeping = session.#keep(connection);
    return session;
  }

  /**
   * Makes one call, waiting up to 5 s for a lost connection to come back. A call that was under way
   * when the connection broke is made once more, unless doing it twice could differ from once.
   */
  async call(call: MethodCall, signal: AbortSignal): Promise<readonly unknown[]> {
    try {
      return await (await this.#current(signal)).call(call, signal);
    } catch (error) {
      if (!(error instanceof ConnectionLostError) || call.member === "StartUnit") throw error;
    }
    return (await this.#current(signal)).call(call, signal);
  }

  /** Ends the connection; every call fails from now on. */
  async close(): Promise<void> {
    this.#closed.abort(new SystemdError("the connection to systemd is closed"));
    await this.#keeping;
    this.#connection.reject(this.#closed.signal.reason);
  }

  async #keep(first: BusConnection): Promise<void> {
    const { log, listener } = this.#options;
    let connection: BusConnection | undefined = first;
    while (connection !== undefined) {
      const closed = untilClosed(connection, this.#closed.signal);
      const err = await connection.ended;
      closed.forget();
      this.#awaitConnection();
      if (this.#closed.signal.aborted) return;
      log.warn({ err }, "lost the connection to systemd");
      listener.onLive(false);
      connection = await this.#reconnect();
      if (connection === undefined) return;
      this.#connected(connection);
      log.info({}, "connected to systemd again");
      listener.onLive(true);
    }
  }

  #connected(connection: BusConnection): void {
    this.#live = connection;
    this.#connection.resolve(connection);
  }

  #awaitConnection(): void {
    this.#live = undefined;
    this.#connection = new Deferred();
    this.#connection.promise.catch(() => {}); // refused by close() while nobody waits for it
  }

  async #reconnect(): Promise<BusConnection | undefined> {
    const { clock, log } = this.#options;
    const { signal } = this.#closed;
    for (let retryMs = RETRY_MS_FIRST; !signal.aborted;) {
      try {
        return await this.#connect();
      } catch (error) {
        if (!(error instanceof SystemdError)) throw error;
        log.debug({ err: error, retryMs }, "cannot connect to systemd yet");
      }
      await clock.sleep(retryMs, signal);
      retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
    }
    return undefined;
  }

  async #connect(): Promise<BusConnection> {
    const { bus, clock, listener } = this.#options;
    const endpoint = endpointOf(bus, process.getuid?.() ?? 0);
    const connection = await BusConnection.open(endpoint, {
      clock,
      onSignal: (signal) => {
        if (signal.member === "NameOwnerChanged") connection.abandon("systemd left the bus");
        else listener.onSignal(signal);
      },
    });
    try {
      await this.#introduce(connection, endpoint.peer === "bus");
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async #introduce(connection: BusConnection, isBus: boolean): Promise<void> {
    const { signal } = this.#closed;
    const rules = isBus ? MATCH_RULES : [];
    await Promise.all(rules.map(async (rule) => connection.call(addMatchCall(rule), signal)));
    await new Manager(async (call) => connection.call(call, signal)).subscribe(signal);
  }

  async #current(signal: AbortSignal): Promise<BusConnection> {
    this.#closed.signal.throwIfAborted();
    if (this.#live !== undefined) return this.#live;
    const timer = new AbortController();
    const late = this.#options.clock
      .sleep(RECONNECTION_WAIT_MS, timer.signal)
      .then((): undefined => undefined);
    try {
      const connection = await orAborted(Promise.race([this.#connection.promise, late]), signal);
      if (connection !== undefined) return connection;
      throw new SystemdError("systemd cannot be reached: the connection was lost");
    } finally {
      timer.abort();
    }
  }
}

/** Closes `connection` when `signal` aborts, until told to forget about it. */
function untilClosed(connection: BusConnection, signal: AbortSignal): { forget(): void } {
  const close = (): void => connection.close();
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  return { forget: () => signal.removeEventListener("abort", close) };
}
