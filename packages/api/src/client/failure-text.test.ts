import { expect, test } from "vitest";

import type { DialTarget } from "./endpoint.ts";
import { failureText } from "./failure-text.ts";

const HOST: DialTarget = { kind: "tcp", host: "host", port: 80 };
const SOCKET: DialTarget = { kind: "unix", path: "/run/fleet.sock" };

const failed = (syscall: string, code: string, more: object = {}): Error =>
  Object.assign(new Error("in Node's words"), { syscall, code, ...more });
const refused = failed("connect", "ECONNREFUSED", { address: "::1", port: 80 });

test.for<[text: string, error: unknown, target: DialTarget]>([
  ["dial unix /run/fleet.sock: connect: permission denied", failed("connect", "EACCES"), SOCKET],
  ["dial tcp host:80: connect: no route to host", failed("connect", "EHOSTUNREACH"), HOST],
  ["dial tcp host:80: connect: connection timed out", failed("connect", "ETIMEDOUT"), HOST],
  ["dial tcp [::1]:80: connect: connection refused", refused, HOST],
  [
    "dial tcp [::1]:80: connect: connection refused",
    new AggregateError([refused, new Error()]),
    HOST,
  ],
  ["dial tcp: lookup host: no such host", failed("getaddrinfo", "ENOTFOUND"), HOST],
  ["write: broken pipe", failed("write", "EPIPE"), SOCKET],
  ["EOF", failed("read", "ECONNRESET"), SOCKET],
  ["EOF", Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }), SOCKET],
  [
    "http: server gave HTTP response to HTTPS client",
    failed("write", "EPROTO", {
      message: "80DC:error:SSL routines:get_record:wrong version number:c:1",
    }),
    HOST,
  ],
  ["in Node's words", failed("", "CERT_HAS_EXPIRED"), HOST],
  ["connect: EWHATEVER", failed("connect", "EWHATEVER"), HOST],
])("%s", ([text, error, target]) => {
  expect(failureText(error, target)).toContain(text);
});
