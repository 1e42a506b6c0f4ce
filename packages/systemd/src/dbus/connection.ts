// oxlint-disable-next-line triple-slash-reference -- declarations of other modules cannot be imported
/// <reference path="./dbus-next.d.ts" />

import { type Clock, SystemdError } from "@fleet/core";
import createConnection, { type Connection } from "dbus-next/lib/connection.js";
import { Message } from "dbus-next/lib/message-type.js";

import { Deferred } from "../deferred.ts";
import { ConnectionLostError, DBusError } from "./dbus-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { helloCall, pingCall } from "./greeting.ts";
import type { MethodCall } from "./method-call.ts";
import { Slots } from "./slots.ts";

/** A signal as it came in; nothing about its body has been checked. */
export interface BusSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
}

export interface ConnectionDeps {
  readonly clock: Clock;
  onSignal(signal: BusSignal): void;
}

interface Pending {
  readonly call: MethodCall;
  readonly dueMs: number;
  readonly reply: Deferred<Message>;
}

const METHOD_RETURN = 2;
const ERROR = 3;
const SIGNAL = 4;
const CONNECT_DEADLINE_MS = 5_000;
const PING_AGAIN_MS = 3;
/** How exactly deadlines are kept. One timer for all calls costs less than one for each. */
const DEADLINE_CHECK_MS = 500;
/** dbus-daemon refuses the 129th call that waits for its reply. */
const CALLS_LIMIT = 64;
const WAITING_CALLS_LIMIT = 65_536;

/**
 * One connection to a bus, or to systemd itself, that dies once: what waits for a reply is then
 * refused, and so is everything after it. At most 64 calls are under way at a time.
 */
export class BusConnection {
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<Error>;
  readonly #ended = new Deferred<Error>();
  readonly #connection: Connection;
  readonly #deps: ConnectionDeps;
  readonly #toBus: boolean;
  readonly #pending = new Map<number, Pending>();
  readonly #stopChecking = new AbortController();
  readonly #slots = new Slots({ limit: CALLS_LIMIT, waitingLimit: WAITING_CALLS_LIMIT });
  #serial = 0;
  #isChecking = false;
  #death: Error | undefined;

  private constructor(connection: Connection, endpoint: Endpoint, deps: ConnectionDeps) {
    this.#connection = connection;
    this.#deps = deps;
    this.#toBus = endpoint.peer === "bus";
    this.ended = this.#ended.promise;
    connection.on("message", (message) => this.#onMessage(message));
    connection.on("error", (error) => this.#die(asError(error)));
    connection.stream.on("close", () => this.#die(new Error("the connection was closed")));
  }

  /**
   * Connects, authenticates and waits for a first answer.
   * @throws {SystemdError} naming the address when that fails or takes longer than 5 s.
   */
  static async open(endpoint: Endpoint, deps: ConnectionDeps): Promise<BusConnection> {
    const { address } = endpoint;
    const raw = createConnection({ busAddress: address, authMethods: ["EXTERNAL"] });
    const connection = new BusConnection(raw, endpoint, deps);
    const authenticated = new Deferred<void>();
    raw.on("connect", () => authenticated.resolve());
    const greeted = authenticated.promise.then(async () => connection.#greet(endpoint.peer));
    const timer = new AbortController();
    const problem = Promise.race([
      connection.ended,
      deps.clock
        .sleep(CONNECT_DEADLINE_MS, timer.signal)
        .then(() => new Error(`no answer within ${CONNECT_DEADLINE_MS} ms`)),
    ]);
    const outcome = await Promise.race([greeted, problem]);
    timer.abort();
    if (outcome === undefined) return connection;
    connection.close();
    throw new SystemdError(`cannot connect to systemd at ${address}: ${outcome.message}`, {
      cause: outcome,
    });
  }

  /**
   * Makes one call and returns the reply's body. `signal` cancels it until it is sent; then it is
   * only the deadline that ends the wait.
   * @throws {DBusError} when the other side refuses it.
   * @throws {ConnectionLostError} when the connection ends first.
   * @throws {SystemdError} when no answer comes within the call's deadline.
   */
  async call(call: MethodCall, signal: AbortSignal): Promise<readonly unknown[]> {
    await this.#slots.acquire(signal);
    try {
      const { signature, body } = await this.#exchange(call);
      if (signature === call.replySignature) return body;
      throw new SystemdError(`systemd answered ${call.member} with ${signature}, which is unknown`);
    } finally {
      this.#slots.release();
    }
  }

  /** Ends the connection: what is under way fails. */
  close(): void {
    this.#die(new Error("closed by fleet"));
  }

  /** Ends the connection because of what came over it. */
  abandon(reason: string): void {
    this.#die(new Error(reason));
  }

  /**
   * systemd does not look at a first call that arrives together with the end of the authentication
   * before something else arrives (seen with 252): so it is pinged until it answers.
   */
  async #greet(peer: Endpoint["peer"]): Promise<void> {
    if (peer === "bus") return void (await this.#exchange(helloCall()));
    const answered = new AbortController();
    while (!answered.signal.aborted && this.#death === undefined) {
      void this.#exchange(pingCall()).then(
        () => answered.abort(),
        () => answered.abort(),
      );
      await this.#deps.clock.sleep(PING_AGAIN_MS, answered.signal);
    }
  }

  async #exchange(call: MethodCall): Promise<Message> {
    const serial = (this.#serial += 1);
    const reply = new Deferred<Message>();
    const dueMs = this.#deps.clock.monotonicMs() + call.deadlineMs;
    this.#pending.set(serial, { call, dueMs, reply });
    try {
      this.#send(call, serial);
      void this.#refuseLate();
      return await reply.promise;
    } finally {
      this.#pending.delete(serial);
    }
  }

  /** A message is made anew for every call: marshalling changes its body. */
  #send(call: MethodCall, serial: number): void {
    if (this.#death !== undefined) throw lost(this.#death);
    const { path, member, signature, body } = call;
    const destination = this.#toBus ? { destination: call.destination } : {};
    const fields = { serial, path, interface: call.interface, member, signature, body };
    this.#gatherWrites();
    this.#connection.message(new Message({ ...fields, ...destination }));
  }

  /** What is sent in one go is written in one go: each write costs a system call and wakes systemd. */
  #gatherWrites(): void {
    const { stream } = this.#connection;
    if (stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  /** Looks for calls past their deadline for as long as any call waits. */
  async #refuseLate(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const { clock } = this.#deps;
    const { signal } = this.#stopChecking;
    while (this.#pending.size > 0 && !signal.aborted) {
      await clock.sleep(DEADLINE_CHECK_MS, signal);
      for (const { call, dueMs, reply } of this.#pending.values()) {
        if (clock.monotonicMs() < dueMs) continue;
        const late = `systemd did not answer ${call.member} within ${call.deadlineMs} ms`;
        reply.reject(new SystemdError(late));
      }
    }
    this.#isChecking = false;
  }

  #onMessage(message: Message): void {
    if (message.type === SIGNAL) {
      const { path = "", interface: source = "", member = "", body } = message;
      this.#deps.onSignal({ path, interface: source, member, body });
      return;
    }
    const reply = this.#pending.get(message.replySerial ?? 0)?.reply;
    if (message.type === METHOD_RETURN) reply?.resolve(message);
    if (message.type === ERROR) reply?.reject(errorOf(message));
  }

  #die(why: Error): void {
    if (this.#death !== undefined) return;
    this.#death = why;
    this.#connection.stream.destroy();
    this.#stopChecking.abort();
    for (const { reply } of this.#pending.values()) reply.reject(lost(why));
    this.#ended.resolve(why);
  }
}

function errorOf({ errorName = "unknown error", body }: Message): DBusError {
  return new DBusError(errorName, typeof body[0] === "string" ? body[0] : errorName);
}

function lost(why: Error): ConnectionLostError {
  return new ConnectionLostError(`lost the connection to systemd: ${why.message}`, { cause: why });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
