import { Option } from "commander";

import { parseBoolean, parseDurationMs, parseInteger, parseSeconds } from "./flag-values.ts";

/** A flag that is true when given bare; a value needs `=`. A `no-…` flag turns its option off. */
export function booleanFlag(name: string, text: string, defaultValue = false): Option {
  const option = new Option(`--${name}`, text).argParser(parseBoolean);
  return option.negate ? option : option.default(defaultValue);
}

export function stringFlag(name: string, text: string, defaultValue = ""): Option {
  return new Option(`--${name} <string>`, text).default(defaultValue);
}

export function integerFlag(name: string, text: string, defaultValue: number): Option {
  return new Option(`--${name} <int>`, text).argParser(parseInteger).default(defaultValue);
}

/** A number of seconds, not less than 0. */
export function secondsFlag(name: string, text: string, defaultValue: number): Option {
  return new Option(`--${name} <float>`, text).argParser(parseSeconds).default(defaultValue);
}

/** A duration as Go writes it (`1m30s`), in milliseconds; 0 stands for "no limit". */
export function durationFlag(name: string, text: string): Option {
  return new Option(`--${name} <duration>`, text).argParser(parseDurationMs).default(0);
}

/** A flag that the command takes for an old script's sake, or as a second spelling: not in the help. */
export function hidden(option: Option): Option {
  return option.hideHelp();
}

/**
 * Flags that are a second name of another one. A one-letter name also works with one dash, as
 * fleet's usage lines say.
 */
export const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ["l", "full"],
  ["f", "follow"],
  ["A", "forward-agent"],
  ["m", "machine"],
  ["u", "unit"],
  ["h", "help"],
  ["etcd-keyfile", "key-file"],
  ["etcd-certfile", "cert-file"],
  ["etcd-cafile", "ca-file"],
]);

/** The name of a flag without its dashes. */
export function nameOf(option: Option): string {
  return option.long?.slice("--".length) ?? option.name();
}

/** Whether the flag is true when given bare. */
export function isBoolean(option: Option): boolean {
  return !option.required;
}

/** The text given for a flag as the value its command sees. @throws {Error} with Go's text. */
export function valueOf(option: Option, text: string): unknown {
  const value: unknown =
    option.parseArg === undefined ? text : option.parseArg(text, option.defaultValue);
  return option.negate ? !(value as boolean) : value;
}
