import { expect, test } from "vitest";

import { parseEndpoint } from "./endpoint.ts";

const unix = (path: string): unknown => ({
  base: "http://domain-sock",
  scheme: "http:",
  target: { kind: "unix", path },
});
const tcp = (base: string, host: string, port: number): unknown => ({
  base,
  scheme: base.slice(0, base.indexOf(":") + 1),
  target: { kind: "tcp", host, port },
});

test.for<[text: string, endpoint: unknown]>([
  ["unix:///var/run/fleet.sock", unix("/var/run/fleet.sock")],
  ["unix:/var/run/fleet.sock", unix("/var/run/fleet.sock")],
  ["file:///var/run/fleet.sock", unix("/var/run/fleet.sock")],
  ["UNIX:///a", unix("/a")],
  ["http://10.0.0.1:49153", tcp("http://10.0.0.1:49153", "10.0.0.1", 49_153)],
  ["http://host/", tcp("http://host", "host", 80)],
  ["https://host", tcp("https://host", "host", 443)],
  ["http://[::1]:8080", tcp("http://[::1]:8080", "::1", 8_080)],
  ["http://h:1/prefix/", tcp("http://h:1/prefix", "h", 1)],
  ["http://h:1//a//b/?x=y#z", tcp("http://h:1/a/b", "h", 1)],
  ["ftp://host", tcp("ftp://host", "host", 80)],
])("%s", ([text, endpoint]) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
});

test.for<[text: string, message: string]>([
  ["unix://var/run/fleet.sock", 'unable to connect to host "var" with scheme "unix"'],
  ["http://[::1", `parse "http://[::1": missing ']' in host`],
  ["http://host:port", 'parse "http://host:port": invalid port ":port" after host'],
  ["://host", 'parse "://host": missing protocol scheme'],
  ["/var/run/fleet.sock", "URL scheme undefined"],
  ["", "URL scheme undefined"],
])("%s is refused: %s", ([text, message]) => {
  expect(() => parseEndpoint(text)).toThrow(message);
});
