import { getSystemErrorMap } from "node:util";

import { messageOf } from "@fleet/core";

import type { DialTarget } from "./endpoint.ts";

/** Where Go's words for a system error are not those of Node's own table. */
const GO_WORDS: ReadonlyMap<string, string> = new Map([
  ["EHOSTUNREACH", "no route to host"],
  ["ETIMEDOUT", "connection timed out"],
]);

/** What came in answer to the first words of TLS was no TLS. */
const PLAIN_ANSWER = /:wrong version number:/;

interface SystemError {
  readonly code: string;
  readonly syscall: string;
}

/** Why a request got no answer, in the words in which fleetctl 1.0.0 tells it. */
export function failureText(error: unknown, target: DialTarget): string {
  // With several addresses for a name the first one's failure is told.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (isHangUp(first)) return "EOF";
  const { code, syscall } = systemError(first);
  if (syscall === "connect") return `dial ${addressOf(first, target)}: connect: ${wordsFor(code)}`;
  if (syscall === "getaddrinfo" && target.kind === "tcp") {
    return `dial tcp: lookup ${target.host}: no such host`;
  }
  if (first instanceof Error && PLAIN_ANSWER.test(first.message))
    return "http: server gave HTTP response to HTTPS client";
  if (syscall !== "") return `${syscall}: ${wordsFor(code)}`;
  return messageOf(first);
}

/** Whether the connection was there and ended before an answer came. */
export function isHangUp(error: unknown): boolean {
  const { code, syscall } = systemError(error);
  return code === "ECONNRESET" && (syscall === "" || syscall === "read");
}

function addressOf(error: unknown, target: DialTarget): string {
  if (target.kind === "unix") return `unix ${target.path}`;
  const { address = target.host, port = target.port } = error as {
    readonly address?: string;
    readonly port?: number;
  };
  return `tcp ${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function wordsFor(code: string): string {
  const known = GO_WORDS.get(code);
  if (known !== undefined) return known;
  for (const [name, words] of getSystemErrorMap().values()) if (name === code) return words;
  return code;
}

function systemError(error: unknown): SystemError {
  const { code = "", syscall = "" } = (error ?? {}) as Partial<SystemError>;
  return { code, syscall };
}
