import { Duplex } from "node:stream";

import type { OpenProcess } from "./processes.ts";

/**
 * A program's stdin and stdout as one stream. Destroying the stream ends the program; a program that
 * fails ends the stream with an error.
 */
export class ProcessStream extends Duplex {
  readonly #process: OpenProcess;

  constructor(process: OpenProcess) {
    super();
    this.#process = process;
    process.stdout.on("data", (chunk: Uint8Array) => {
      if (!this.push(chunk)) process.stdout.pause();
    });
    process.stdout.once("end", () => this.push(null));
    process.stdin.on("error", (error) => this.destroy(error));
    void this.#failWith(process.ended);
  }

  override _read(): void {
    this.#process.stdout.resume();
  }

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#process.stdin.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#process.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#process.end();
    done(error);
  }

  async #failWith(ended: Promise<number>): Promise<void> {
    try {
      const status = await ended;
      if (status !== 0) this.destroy(new Error(`Process exited with status ${status}`));
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
