import { FleetError, quoteRune, wellFormed } from "@fleet/core";

/** A JSON value with all members of its objects, in order and with duplicates. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly members: readonly (readonly [key: string, value: Json])[];
}

/** A request body that cannot be read; `message` is what Go's decoder says of it. */
export class BodyError extends FleetError {
  readonly code = "FLEET_BODY_INVALID";
}

const DEPTH_MAX = 500;
const SPACE = /[ \t\r\n]*/y;
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y; // oxlint-disable-line no-control-regex -- they end it
const HEX = /[0-9A-Fa-f]/;

const LITERALS: ReadonlyMap<string, readonly [word: string, value: boolean | null]> = new Map([
  ["t", ["true", true]],
  ["f", ["false", false]],
  ["n", ["null", null]],
]);

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/**
 * The first JSON value in `text`; whatever follows it is not looked at. fleet reads bodies this way,
 * and `JSON.parse` neither can nor tells of mistakes in Go's words.
 * @throws {BodyError}
 */
export function readFirstJson(text: string): Json {
  if (/^[ \t\r\n]*$/.test(text)) throw new BodyError("EOF");
  return new Reader(text).value(0);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > DEPTH_MAX) throw new BodyError("exceeded max depth");
    const first = this.#nextAfterSpace();
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    if (first === "-" || isDigit(first)) return this.#number();
    const literal = LITERALS.get(first);
    if (literal === undefined) throw this.#unexpected("looking for beginning of value");
    for (const letter of literal[0]) {
      this.#expect(letter, `in literal ${literal[0]} (expecting ${quoteRune(letter)})`);
    }
    return literal[1];
  }

  #object(depth: number): JsonObject {
    const members: [string, Json][] = [];
    this.#at += 1;
    if (this.#nextAfterSpace() === "}") return this.#endWith({ members });
    for (;;) {
      if (this.#nextAfterSpace() !== '"') {
        throw this.#unexpected("looking for beginning of object key string");
      }
      const key = this.#string();
      this.#nextAfterSpace();
      this.#expect(":", "after object key");
      members.push([key, this.value(depth + 1)]);
      if (this.#nextAfterSpace() === "}") return this.#endWith({ members });
      this.#expect(",", "after object key:value pair");
    }
  }

  #array(depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#at += 1;
    if (this.#nextAfterSpace() === "]") return this.#endWith(items);
    for (;;) {
      items.push(this.value(depth + 1));
      if (this.#nextAfterSpace() === "]") return this.#endWith(items);
      this.#expect(",", "after array element");
    }
  }

  #string(): string {
    let text = "";
    this.#at += 1;
    for (;;) {
      text += this.#match(PLAIN_TEXT);
      const character = this.#peek();
      if (character === '"') return this.#endWith(wellFormed(text));
      if (character !== "\\") throw this.#unexpected("in string literal");
      this.#at += 1;
      text += this.#escape();
    }
  }

  #escape(): string {
    const character = this.#peek();
    const short = SHORT_ESCAPES.get(character);
    if (short !== undefined) return this.#endWith(short);
    if (character !== "u") throw this.#unexpected("in string escape code");
    this.#at += 1;
    const from = this.#at;
    while (this.#at < from + 4) {
      if (!HEX.test(this.#peek())) {
        throw this.#unexpected(String.raw`in \u hexadecimal character escape`);
      }
      this.#at += 1;
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(from, this.#at), 16));
  }

  #number(): number {
    const from = this.#at;
    if (this.#charAt() === "-") this.#at += 1;
    if (this.#charAt() === "0") this.#at += 1;
    else this.#digits("in numeric literal");
    if (this.#charAt() === ".") {
      this.#at += 1;
      this.#digits("after decimal point in numeric literal");
    }
    if (/[eE]/.test(this.#charAt())) {
      this.#at += 1;
      if (/[+-]/.test(this.#charAt())) this.#at += 1;
      this.#digits("in exponent of numeric literal");
    }
    return Number(this.#text.slice(from, this.#at));
  }

  #digits(place: string): void {
    if (!isDigit(this.#peek())) throw this.#unexpected(place);
    while (isDigit(this.#charAt())) this.#at += 1;
  }

  #expect(character: string, place: string): void {
    if (this.#peek() !== character) throw this.#unexpected(place);
    this.#at += 1;
  }

  /** Steps over the closing character of a value and gives the value. */
  #endWith<T>(value: T): T {
    this.#at += 1;
    return value;
  }

  #nextAfterSpace(): string {
    this.#match(SPACE);
    return this.#peek();
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  /** The character at hand; a value that is not over must have one. */
  #peek(): string {
    const character = this.#charAt();
    if (character === "") throw new BodyError("unexpected EOF");
    return character;
  }

  #charAt(): string {
    return this.#text.charAt(this.#at);
  }

  #unexpected(place: string): BodyError {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    return new BodyError(`invalid character ${quoteRune(character)} ${place}`);
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character.length === 1;
}
