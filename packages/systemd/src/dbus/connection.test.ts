import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SystemdError } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

import { BusConnection } from "./connection.ts";

let root = "";
const servers = new Set<Server>();
const sockets = new Set<Socket>();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fleet-bus-"));
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  await rm(root, { recursive: true });
});

test("an address where nobody listens is named by the error", async () => {
  const opening = open(new ManualClock());
  await expect(opening).rejects.toThrow(SystemdError);
  await expect(opening).rejects.toThrow(`cannot connect to systemd at ${address()}`);
});

test("somebody who never answers is given up after five seconds", async () => {
  const called = listen();
  const clock = new ManualClock();
  const opening = open(clock);
  opening.catch(() => {}); // looked at below
  await called;
  await clock.advance(5_000);
  await expect(opening).rejects.toThrow("no answer within 5000 ms");
  expect(clock.sleepers).toBe(0);
});

test("somebody who hangs up is an error, not a wait", async () => {
  const called = listen();
  const opening = open(new ManualClock());
  opening.catch(() => {}); // looked at below
  (await called).destroy();
  await expect(opening).rejects.toThrow(SystemdError);
});

function address(): string {
  return `unix:path=${join(root, "bus")}`;
}

async function open(clock: ManualClock): Promise<BusConnection> {
  return BusConnection.open({ address: address(), peer: "systemd" }, { clock, onSignal: () => {} });
}

/** Resolves with the first connection that is made. */
async function listen(): Promise<Socket> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      sockets.add(socket);
      resolve(socket);
    });
    servers.add(server);
    server.listen(join(root, "bus"));
  });
}
