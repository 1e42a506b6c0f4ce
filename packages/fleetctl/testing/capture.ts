import type { Output } from "../src/context.ts";

/** Keeps what is written to it. */
export class Capture implements Output {
  #bytes = Buffer.alloc(0);

  write(chunk: string | Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(chunk)]);
  }

  get text(): string {
    return this.#bytes.toString();
  }
}
