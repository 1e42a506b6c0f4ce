import { isIP } from "node:net";

import { durationMsOf } from "@fleet/core";

/** Says what is wrong with a value; the setting then has no value and the daemon does not start. */
export type Complain = (why: string) => void;

/** Says what is odd about a value that can be read. */
export type Warn = (why: string) => void;

/** Turns a setting's text into its value, or complains. */
export type Reader<T> = (text: string, complain: Complain, warn: Warn) => T | undefined;

export const readText: Reader<string> = (text) => text;

/** An IPv4 or IPv6 address, or nothing. */
export const readAddress: Reader<string> = (text, complain) => {
  if (text !== "" && isIP(text) === 0) complain(`"${text}" is neither an IPv4 nor an IPv6 address`);
  return text;
};

/** An absolute path: the daemon's working directory is nobody's business. */
export const readPath: Reader<string> = (text, complain) => {
  if (!text.startsWith("/")) complain(`"${text}" is not an absolute path`);
  return text;
};

/** As {@link readPath}, but "" stands for none. */
export const readPathOrNone: Reader<string> = (text, complain, warn) =>
  text === "" ? "" : readPath(text, complain, warn);

const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

/** The literals fleet knows. `yes` and `on`, which fleet read as false, are refused. */
export const readBoolean: Reader<boolean> = (text, complain) => {
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  complain(`"${text}" is neither true nor false`);
  return undefined;
};

/** A whole number between `min` and `max`, decimal, hexadecimal (0x10) or octal (010) as in fleet. */
export function readInteger(min: number, max: number): Reader<number> {
  return (text, complain) => {
    const plain = text.replaceAll("_", "");
    const number = /^0[0-7]+$/.test(plain) ? Number.parseInt(plain, 8) : Number(plain);
    if (/^(0x[0-9a-f]+|[+-]?\d+)$/i.test(plain) && number >= min && number <= max) return number;
    complain(`"${text}" is not a whole number from ${min} to ${max}`);
    return undefined;
  };
}

const MS_PER_SECOND = 1000;

/** A number of seconds such as `2` or `0.5`, cut to whole milliseconds; at least one. */
export const readSecondsAsMs: Reader<number> = (text, complain) => {
  const ms = Math.trunc(Number(text) * MS_PER_SECOND);
  if (/^\d+(\.\d*)?$|^\.\d+$/.test(text) && ms >= 1 && Number.isSafeInteger(ms)) return ms;
  complain(`"${text}" is not a number of seconds above zero`);
  return undefined;
};

/** A duration such as `30s`, `1m30s` or `500ms`; the unit is required. At least `minMs`. */
export function readDurationAsMs(minMs: number): Reader<number> {
  return (text, complain) => {
    const ms = durationMsOf(text);
    if (ms === undefined) {
      complain(`"${text}" is not a duration such as 30s or 1m30s`);
      return undefined;
    }
    if (ms >= minMs) return ms;
    complain(`"${text}" is shorter than ${minMs / MS_PER_SECOND}s`);
    return undefined;
  };
}

/** URLs as `["http://a","http://b"]` or `http://a,http://b`. */
export const readUrls: Reader<readonly string[]> = (text, complain) => {
  const urls = text.split(",").map((part) => part.replace(/^[[" ]+/, "").replace(/[\]" ]+$/, ""));
  for (const url of urls) {
    const protocol = URL.canParse(url) ? new URL(url).protocol : "";
    if (protocol !== "http:" && protocol !== "https:")
      complain(`"${url}" is not an http or https URL`);
  }
  return urls;
};

/** `k=v,k2=v2`: both sides trimmed, the last of two equal keys wins. */
export const readMetadata: Reader<ReadonlyMap<string, string>> = (text, complain, warn) => {
  const metadata = new Map<string, string>();
  for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, Math.max(at, 0)).trim();
    if (key === "") {
      complain(`"${pair.trim()}" is not of the form key=value`);
      continue;
    }
    if (metadata.has(key)) warn(`${key} is given more than once: the last one counts`);
    metadata.set(key, pair.slice(at + 1).trim());
  }
  return metadata;
};

/** One word of a closed list. */
export function readOneOf<T extends string>(words: readonly T[]): Reader<T> {
  return (text, complain) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) complain(`"${text}" is not one of ${words.join(", ")}`);
    return word;
  };
}

/** The root of all keys in etcd, with exactly one slash at either end. */
export const readKeyPrefix: Reader<string> = (text) =>
  `/${text.replace(/^\/+|\/+$/g, "")}/`.replace("//", "/");
