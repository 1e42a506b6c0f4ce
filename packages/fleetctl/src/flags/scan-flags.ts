import { messageOf } from "@fleet/core";
import type { Option } from "commander";

import { UsageError } from "../errors.ts";
import { SYNONYMS, isBoolean, nameOf, valueOf } from "./flag.ts";

/** A command line taken apart. */
export interface ScannedFlags {
  /** The last value given for each flag, under the option that it sets. */
  readonly values: ReadonlyMap<Option, unknown>;
  /** Everything that is no flag, in order. */
  readonly operands: readonly string[];
  /** True at `-h`, which nothing after it can undo. */
  readonly help: boolean;
}

/**
 * Reads flags and operands in any order, as fleet does: `--flag value` or `--flag=value`, booleans
 * only with `=`, `--` ends the flags, the last one given wins.
 * @throws {UsageError} with fleet's text for the first flag that cannot be read.
 */
export function scanFlags(tokens: readonly string[], options: readonly Option[]): ScannedFlags {
  const scan = new Scan(tokens, options);
  while (scan.next());
  return scan;
}

class Scan implements ScannedFlags {
  readonly values = new Map<Option, unknown>();
  readonly operands: string[] = [];
  help = false;
  readonly #byName: ReadonlyMap<string, Option>;
  #rest: readonly string[];

  constructor(tokens: readonly string[], options: readonly Option[]) {
    this.#rest = tokens;
    this.#byName = new Map(options.map((option) => [nameOf(option), option]));
  }

  next(): boolean {
    const token = this.#shift();
    if (token === undefined || this.help) return false;
    if (token === "--") {
      this.operands.push(...this.#rest);
      return false;
    }
    if (token.startsWith("--")) this.#readLong(token);
    else if (token.startsWith("-") && token !== "-") this.#readShort(token);
    else this.operands.push(token);
    return true;
  }

  #readLong(token: string): void {
    const equals = token.indexOf("=");
    const name = token.slice("--".length, equals === -1 ? undefined : equals);
    if (name === "" || name.startsWith("-")) throw new UsageError(`bad flag syntax: ${token}`);
    const option = this.#byName.get(name);
    if (option === undefined) throw new UsageError(`unknown flag: --${name}`);
    if (equals !== -1) return this.#set(option, token.slice(equals + 1), token);
    if (isBoolean(option)) return this.#set(option, "true", token);
    const value = this.#shift();
    if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    this.#set(option, value, token);
  }

  /** One dash and one or more letters; a letter that takes a value takes the rest of the token. */
  #readShort(token: string): void {
    let letters = token.slice("-".length);
    while (letters !== "") {
      const letter = letters.charAt(0);
      letters = letters.slice(1);
      if (letter === "h") {
        this.help = true;
        return;
      }
      const option = this.#byName.get(letter);
      if (option === undefined) {
        throw new UsageError(`unknown shorthand flag: '${letter}' in ${token}`);
      }
      if (letters.startsWith("=")) return this.#set(option, letters.slice(1), token);
      if (isBoolean(option)) {
        this.#set(option, "true", token);
        continue;
      }
      const value = letters === "" ? this.#shift() : letters;
      if (value === undefined) {
        throw new UsageError(`flag needs an argument: '${letter}' in ${token}`);
      }
      return this.#set(option, value, token);
    }
  }

  #set(option: Option, text: string, token: string): void {
    const name = nameOf(option);
    const target = this.#byName.get(SYNONYMS.get(name) ?? name) ?? option;
    try {
      this.values.set(target, valueOf(target, text));
    } catch (error) {
      const problem = `invalid argument ${JSON.stringify(text)} for ${token}: ${messageOf(error)}`;
      throw new UsageError(problem, { cause: error });
    }
  }

  #shift(): string | undefined {
    const [first, ...rest] = this.#rest;
    this.#rest = rest;
    return first;
  }
}
