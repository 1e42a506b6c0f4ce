import { UnitFileError } from "../errors.ts";

/** The longest physical line a unit file may have, neither LF nor CRLF counted. */
const LINE_BYTES_MAX = 2047;

/** A UTF-16 code unit takes at most three bytes in UTF-8: shorter lines need no counting. */
const BYTES_PER_CODE_UNIT_MAX = 3;

/** Hands out the physical lines of a text one by one, each held to the limit as it is read. */
export class LineReader {
  readonly #text: string;
  #at = 0;
  #ended = true;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether the line that `next` returned last had a line feed; only a file's last line may not. */
  get lastHadLineFeed(): boolean {
    return this.#ended;
  }

  /**
   * The next line without its line feed (a carriage return before it stays), or undefined after
   * the last one.
   * @throws {UnitFileError} when the line is longer than 2047 bytes.
   */
  next(): string | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const end = this.#text.indexOf("\n", this.#at);
    this.#ended = end !== -1;
    const line = this.#text.slice(this.#at, this.#ended ? end : this.#text.length);
    this.#at += line.length + 1;
    refuseLong(this.#ended && line.endsWith("\r") ? line.slice(0, -1) : line);
    return line;
  }
}

function refuseLong(line: string): void {
  if (line.length * BYTES_PER_CODE_UNIT_MAX <= LINE_BYTES_MAX) return;
  if (Buffer.byteLength(line) <= LINE_BYTES_MAX) return;
  throw new UnitFileError(`line too long (max ${LINE_BYTES_MAX + 1} bytes)`);
}
