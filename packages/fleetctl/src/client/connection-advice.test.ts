import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, beforeEach, expect, test } from "vitest";

import { TestTerminal } from "../../testing/index.ts";

let terminal: TestTerminal;
let page: Server;

beforeEach(async () => {
  terminal = await TestTerminal.open();
  page = createServer((_request, response) => response.writeHead(404).end("<html>no such page"));
  page.listen(0, "127.0.0.1");
  await once(page, "listening");
});
afterEach(async () => {
  page.close();
  await terminal[Symbol.asyncDispose]();
});

const port = (): number => (page.address() as AddressInfo).port;
const RUNNING = "Is fleetd running there? Another place is given with --endpoint or --tunnel.";
const NO_URL =
  "is no URL that fleetctl can use. Use unix:///path, http://host:port or https://host:port.";
const FOREIGN = "what answers there is not fleet's API. Another place is given with --endpoint.";

test.for<[what: string, endpoint: () => string, advice: string, fleetsText: string]>([
  [
    "a socket that is not there",
    () => "unix:///nowhere/fleet.sock",
    `Cannot use the fleet API at ENDPOINT: there is no such socket. ${RUNNING}`,
    "dial unix /nowhere/fleet.sock: connect: no such file or directory",
  ],
  [
    "a port that nobody listens on",
    () => "http://127.0.0.1:1",
    `Cannot use the fleet API at ENDPOINT: nobody listens there. ${RUNNING}`,
    "dial tcp 127.0.0.1:1: connect: connection refused",
  ],
  [
    "https where http is spoken",
    () => `https://127.0.0.1:${port()}`,
    "Cannot use the fleet API at ENDPOINT: it speaks http there, and not https.",
    "server gave HTTP response to HTTPS client",
  ],
  [
    "another program's pages",
    () => `http://127.0.0.1:${port()}`,
    `Cannot use the fleet API at ENDPOINT: ${FOREIGN}`,
    "googleapi: got HTTP response code 404 with body: <html>no such page",
  ],
  [
    "a scheme that there is not",
    () => "tcp://127.0.0.1:1",
    `--endpoint=ENDPOINT ${NO_URL}`,
    'unsupported protocol scheme "tcp"',
  ],
  [
    "no scheme",
    () => "fleet.sock",
    `--endpoint=ENDPOINT ${NO_URL}`,
    "Unable to initialize client: URL scheme undefined",
  ],
])("%s is told of before fleet's text", async ([, endpoint, advice, fleetsText]) => {
  for (const command of [["list-units"], ["list-machines"], ["start", "a"], ["cat", "a"]]) {
    const argv = [`--endpoint=${endpoint()}`, ...command];
    const { status, stderr } = await terminal.run(argv);
    expect(status).toBe(1);
    const [first, ...rest] = stderr.split("\n");
    expect(first).toBe(advice.replace("ENDPOINT", endpoint()));
    expect(rest.join("\n")).toContain(fleetsText);
  }
});

test("what fleet's API itself refuses needs no advice", async () => {
  page.removeAllListeners("request").on("request", (_request, response: ServerResponse) => {
    response.writeHead(500).end('{"error":{"code":500,"message":""}}');
  });
  const { stderr } = await terminal.run([`--endpoint=http://127.0.0.1:${port()}`, "list-units"]);
  expect(stderr).toBe(
    'Error retrieving list of units from repository: googleapi: got HTTP response code 500 with body: {"error":{"code":500,"message":""}}\n',
  );
});
