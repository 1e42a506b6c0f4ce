import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer } from "node:net";

import { expect, test } from "vitest";

import { freePort } from "./free-port.ts";

const HOST = "127.0.0.1";

test("a port can be listened on, and no outgoing connection is given it", async () => {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
  const [outgoingFrom = 0] = range.split("\t").map(Number);
  const port = await freePort(HOST);
  expect(port).toBeLessThan(outgoingFrom);
  const server = createServer().listen(port, HOST);
  await once(server, "listening");
  server.close();
});
