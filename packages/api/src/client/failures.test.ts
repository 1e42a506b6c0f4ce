import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

import { afterEach, expect, test } from "vitest";

import { answer, ScriptedServer } from "../../testing/scripted-server.ts";
import { type ApiClient, ApiResponseError, ApiUnreachableError, createApiClient } from "./index.ts";

const never = new AbortController().signal;
const clients: ApiClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function clientOf(endpoint: string, requestTimeoutMs = 10_000): ApiClient {
  const client = createApiClient({ endpoint, requestTimeoutMs });
  clients.push(client);
  return client;
}

async function portNobodyListensOn(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test.for<[status: number, body: string, message: string]>([
  [503, '{"error":{"code":503,"message":"no etcd"}}', "googleapi: Error 503: no etcd"],
  [
    500,
    '{"error":{"code":500,"message":""}}',
    'googleapi: got HTTP response code 500 with body: {"error":{"code":500,"message":""}}',
  ],
  [502, "<html>\n", "googleapi: got HTTP response code 502 with body: <html>\n"],
  [404, "null", "googleapi: got HTTP response code 404 with body: null"],
  [418, '{"error":"tea"}', 'googleapi: got HTTP response code 418 with body: {"error":"tea"}'],
])("%i with %s", async ([status, body, message]) => {
  await using server = await ScriptedServer.open(answer(status, body));
  const error: unknown = await clientOf(server.url)
    .units(never)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiResponseError);
  expect(error).toMatchObject({ code: "FLEET_API_REFUSED", status, message });
});

test.for<[endpoint: string, reason: string]>([
  [
    "unix:///nowhere/fleet.sock",
    'Get "http://domain-sock/fleet/v1/units?alt=json": dial unix /nowhere/fleet.sock: connect: no such file or directory',
  ],
  [
    "unix:///",
    'Get "http://domain-sock/fleet/v1/units?alt=json": dial unix /: connect: connection refused',
  ],
  ["ftp://host/x", 'Get "ftp://host/x/fleet/v1/units?alt=json": unsupported protocol scheme "ftp"'],
])("%s cannot be reached, and the text says why", async ([endpoint, message]) => {
  const error: unknown = await clientOf(endpoint)
    .units(never)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiUnreachableError);
  expect(error).toMatchObject({ message, hungUp: false });
});

test("an address that nobody listens on is named", async () => {
  const port = await portNobodyListensOn();
  const url = `http://127.0.0.1:${port}`;
  await expect(clientOf(url).destroyUnit("a.service", never)).rejects.toThrow(
    `Delete "${url}/fleet/v1/units/a.service?alt=json": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  );
});

test("a server that hangs up is told apart from one that is not there", async () => {
  await using server = await ScriptedServer.open((response) => response.socket?.destroy());
  const client = clientOf(server.url);
  const error: unknown = await client.units(never).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    message: `Get "${server.url}/fleet/v1/units?alt=json": EOF`,
    hungUp: true,
  });
  expect(await client.state("a.service", never)).toBeUndefined();
});

test("what is not JSON did not come from fleet", async () => {
  await using server = await ScriptedServer.open(answer(200, "<html>"));
  await expect(clientOf(server.url).units(never)).rejects.toThrow(
    `Get "${server.url}/fleet/v1/units?alt=json": the answer is not JSON`,
  );
});

test("a server that does not answer in time is given up on", async () => {
  await using server = await ScriptedServer.open(() => {});
  await expect(clientOf(server.url, 50).units(never)).rejects.toThrow(
    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
  );
});

test("a request that is called off fails with the reason for that", async () => {
  const stop = new AbortController();
  await using server = await ScriptedServer.open(() => stop.abort(new Error("interrupted")));
  await expect(clientOf(server.url).units(stop.signal)).rejects.toThrow("interrupted");
});
