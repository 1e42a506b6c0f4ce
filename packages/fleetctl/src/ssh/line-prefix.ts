import type { Output } from "../context.ts";

const LINE_FEED = 0x0a;

/** Writes whole lines to another output, each behind a prefix: what several machines say at once. */
export class LinePrefix implements Output {
  readonly #prefix: string;
  readonly #output: Output;
  #line: Buffer = Buffer.alloc(0);

  constructor(prefix: string, output: Output) {
    this.#prefix = prefix;
    this.#output = output;
  }

  write(chunk: string | Uint8Array): void {
    let rest = Buffer.concat([this.#line, Buffer.from(chunk)]);
    for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED)) {
      this.#output.write(`${this.#prefix}${rest.subarray(0, end).toString()}\n`);
      rest = rest.subarray(end + 1);
    }
    this.#line = rest;
  }

  /** Writes what was begun and had no line end. */
  flush(): void {
    if (this.#line.length > 0) this.write("\n");
  }
}
