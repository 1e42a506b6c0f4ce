import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

import { RigError } from "./rig-error.ts";

/**
 * Below those that the kernel takes for outgoing connections: one of them would get a port that nobody listens on yet, or at
 * the moment, and connect to it, be it to itself.
 */
const PORTS = { from: 11_000, to: 32_768 };
const ATTEMPTS_MAX = 100;

/** A port that was free a moment ago, and that no outgoing connection is given. */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(host, port)) return port;
  }
  throw new RigError(`no free port of ${host} in ${ATTEMPTS_MAX} attempts`);
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer().listen(port, host);
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
