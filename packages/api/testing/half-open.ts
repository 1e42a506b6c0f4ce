import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";

import { parseAnswer, type RawAnswer } from "./raw-http.ts";

/** A connection whose two directions end one by one, as a careful client has it. */
export class HalfOpen implements Disposable {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isOver = false;

  constructor(to: NetConnectOpts) {
    this.#socket = connect({ ...to, allowHalfOpen: true });
    this.#socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    for (const over of ["end", "error", "close"]) {
      this.#socket.on(over, () => {
        this.#isOver = true;
      });
    }
  }

  send(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  /** Sends all of it before anything is read, as simple clients do: an answer that a reset takes along is lost. */
  async sendBeforeReading(bytes: Buffer): Promise<void> {
    this.pause();
    await new Promise((resolve) => this.#socket.write(bytes, resolve));
    this.resume();
  }

  /** Ends our direction; the other side may still answer. */
  end(): void {
    this.#socket.end();
  }

  /** Stops and goes on reading; what has come meanwhile waits in the system's buffers. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The next answer; undefined when the other side ended without one. HEAD has no body, whatever it says. */
  async answer(method: string): Promise<RawAnswer | undefined> {
    for (;;) {
      const taken = this.#take(method);
      if (taken !== undefined || this.#isOver) return taken;
      await this.#news();
    }
  }

  /** Waits until the other side ends its direction. */
  async ended(): Promise<void> {
    while (!this.#isOver) await this.#news();
  }

  /** All that comes until then and was not taken as an answer. */
  async all(): Promise<Buffer> {
    await this.ended();
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(method: string): RawAnswer | undefined {
    const head = this.#received.indexOf("\r\n\r\n");
    const parsed = head === -1 ? undefined : parseAnswer(this.#received);
    if (parsed === undefined) return undefined;
    const length = method === "HEAD" ? 0 : Number(parsed.headers.get("Content-Length") ?? 0);
    const end = head + 4 + length;
    if (this.#received.length < end) return undefined;
    const answer = parseAnswer(this.#received.subarray(0, end));
    this.#received = this.#received.subarray(end);
    return answer;
  }

  async #news(): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    const events = ["data", "end", "close"].map((event) => once(this.#socket, event, { signal }));
    await Promise.race(events).catch(() => undefined);
    over.abort();
    await Promise.allSettled(events);
  }
}
