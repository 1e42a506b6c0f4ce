import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";

import { type ApiClient, type ClientTls, createApiClient } from "@fleet/api/client";
import { runOk } from "@fleet/rig";
import { afterAll, beforeAll, expect, test } from "vitest";

// The client speaks TLS to a server that asks for a client certificate. Both are signed by one authority.

interface Pair {
  readonly cert: string;
  readonly key: string;
}

const never = new AbortController().signal;
let directory: string;
let authority: Pair;
let client: Pair;
let server: Server;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleet-tls-"));
  authority = await certificate("ca", []);
  const signed = ["-CA", join(directory, "ca.crt"), "-CAkey", join(directory, "ca.key")];
  const name = ["-addext", "subjectAltName=IP:127.0.0.1"];
  const own = await certificate("server", [...signed, ...name]);
  client = await certificate("client", signed);
  server = createServer(
    { ...own, ca: authority.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(JSON.stringify({ machines: [{ id: subject?.CN ?? "nobody" }] }));
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(directory, { recursive: true });
});

async function certificate(name: string, more: readonly string[]): Promise<Pair> {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  const made = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
  ];
  const files = ["-subj", `/CN=${name}`, "-keyout", key, "-out", cert];
  await runOk(["openssl", "req", "-x509", ...made, ...files, ...more]);
  return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
}

/** Who the server says that we are. */
async function whoAmI(tls: ClientTls): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const endpoint = `https://127.0.0.1:${port}`;
  const api: ApiClient = createApiClient({ endpoint, requestTimeoutMs: 10_000, tls });
  try {
    const machines = await api.machines(never);
    return machines.map((machine) => machine.id).join();
  } finally {
    api.close();
  }
}

test("a server that a known authority signed is trusted", async () => {
  expect(await whoAmI({ ca: authority.cert })).toBe("nobody");
});

test("a client certificate is shown to the server", async () => {
  expect(await whoAmI({ ca: authority.cert, ...client })).toBe("client");
});

test("a server that nobody known signed is refused, with and without a client certificate", async () => {
  await expect(whoAmI({})).rejects.toThrow(/^Get "https:.*certificate/);
  await expect(whoAmI({ ...client })).rejects.toThrow(/certificate/);
});

test("verification is turned off only when asked", async () => {
  expect(await whoAmI({ insecureSkipVerify: true })).toBe("nobody");
});
