import { Duplex } from "node:stream";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";

import { afterEach, describe, expect, test } from "vitest";

import { answer, ScriptedServer } from "../../testing/scripted-server.ts";
import { type ApiClient, type ApiClientOptions, createApiClient } from "./index.ts";

const never = new AbortController().signal;
const clients: ApiClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function clientOf(endpoint: string, more: Partial<ApiClientOptions> = {}): ApiClient {
  const client = createApiClient({ endpoint, requestTimeoutMs: 10_000, ...more });
  clients.push(client);
  return client;
}

type Use = (client: ApiClient) => Promise<unknown>;

test.for<[line: string, body: string, use: Use]>([
  ["GET /fleet/v1/units?alt=json", "", (client) => client.units(never)],
  ["GET /fleet/v1/machines?alt=json", "", (client) => client.machines(never)],
  [
    "GET /fleet/v1/state?alt=json&machineID=m%2F1&unitName=a.service",
    "",
    (client) => client.states({ unit: "a.service", machine: "m/1" }, never),
  ],
  [
    "GET /fleet/v1/state/a%40b.service?alt=json",
    "",
    (client) => client.state("a@b.service", never),
  ],
  [
    "GET /fleet/v1/units/x-y%40a%3Ab%5Cc_~%21%27%28%29%2A%2F.service?alt=json",
    "",
    (client) => client.unit(String.raw`x-y@a:b\c_~!'()*/.service`, never),
  ],
  [
    "DELETE /fleet/v1/units/a.service?alt=json",
    "",
    (client) => client.destroyUnit("a.service", never),
  ],
  [
    "PUT /fleet/v1/units/a.service?alt=json",
    String.raw`{"name":"a.service","options":[{"name":"A","section":"S","value":"\u003c\u0026\u003e"},{"name":"B","section":"S"}]}` +
      "\n",
    (client) =>
      client.createUnit(
        "a.service",
        [
          { section: "S", name: "A", value: "<&>" },
          { section: "S", name: "B", value: "" },
        ],
        never,
      ),
  ],
  [
    "PUT /fleet/v1/units/a.service?alt=json",
    '{"desiredState":"launched","name":"a.service"}\n',
    (client) => client.setTargetState("a.service", "launched", never),
  ],
  [
    "PATCH /fleet/v1/machines?alt=json",
    '[{"op":"add","path":"/m/metadata/k","value":{"value":"v"}}]\n',
    (client) => client.patchMetadata([{ machine: "m", key: "k", value: "v" }], never),
  ],
])("%s is what goes over the wire", async ([line, body, use]) => {
  await using server = await ScriptedServer.open(answer(200));
  await use(clientOf(server.url));
  expect(server.seen).toHaveLength(1);
  expect(server.seen[0]).toMatchObject({ line, body });
  expect(server.seen[0]?.headers.filter((header) => !header.startsWith("Connection"))).toEqual([
    `Host: 127.0.0.1:${server.port}`,
    "User-Agent: google-api-go-client/0.5",
    "Accept-Encoding: gzip",
    ...(body === "" ? [] : [`Content-Length: ${body.length}`, "Content-Type: application/json"]),
  ]);
});

test("a prefix comes before fleet's own root", async () => {
  await using server = await ScriptedServer.open(answer(200));
  await clientOf(`${server.url}/some//prefix/`).units(never);
  expect(server.seen[0]?.line).toBe("GET /some/prefix/fleet/v1/units?alt=json");
});

test("pages are asked for by their token until there is none", async () => {
  const tokens = ["ZAACAA==", "a+b", ""];
  await using server = await ScriptedServer.open((response) => {
    response.end(JSON.stringify({ nextPageToken: tokens.shift(), units: [{ name: "x" }] }));
  });
  expect(await clientOf(server.url).units(never)).toHaveLength(3);
  expect(server.seen.map((seen) => seen.line)).toEqual([
    "GET /fleet/v1/units?alt=json",
    "GET /fleet/v1/units?alt=json&nextPageToken=ZAACAA%3D%3D",
    "GET /fleet/v1/units?alt=json&nextPageToken=a%2Bb",
  ]);
});

test("a connection is used again", async () => {
  await using server = await ScriptedServer.open(answer(200));
  const client = clientOf(server.url);
  await client.units(never);
  await client.units(never);
  await client.setTargetState("a.service", "loaded", never);
  expect(server.seen.map((seen) => seen.connection)).toEqual([1, 1, 1]);
});

test("a GET is sent again when the kept connection had ended", async () => {
  await using server = await ScriptedServer.open((response, seen) => {
    if (seen.connection === 1 && server.seen.length === 2) response.socket?.destroy();
    else response.end("{}");
  });
  const client = clientOf(server.url);
  await client.units(never);
  expect(await client.units(never)).toEqual([]);
  expect(server.seen.map((seen) => seen.connection)).toEqual([1, 1, 2]);
});

test("a PUT is not sent again: it may have been carried out", async () => {
  await using server = await ScriptedServer.open((response, seen) => {
    if (seen.line.startsWith("PUT")) response.socket?.destroy();
    else response.end("{}");
  });
  const client = clientOf(server.url);
  await client.units(never);
  await expect(client.setTargetState("a.service", "loaded", never)).rejects.toThrow(
    `Put "${server.url}/fleet/v1/units/a.service?alt=json": EOF`,
  );
  expect(server.seen).toHaveLength(2);
});

test("a compressed answer is read", async () => {
  await using server = await ScriptedServer.open((response) => {
    response.setHeader("Content-Encoding", "gzip");
    response.end(gzipSync('{"machines":[{"id":"m"}]}'));
  });
  expect(await clientOf(server.url).machines(never)).toMatchObject([{ id: "m" }]);
});

test("what an answer does not have, or has in another shape, is empty", async () => {
  const body = '{"units":[{},null,{"name":1,"options":{},"desiredState":null}]}';
  await using server = await ScriptedServer.open(answer(200, body));
  const empty = { name: "", file: [], targetState: "", currentState: "", machine: "" };
  expect(await clientOf(server.url).units(never)).toEqual([empty, empty, empty]);
});

describe("redirects", () => {
  test.for<[status: number, lines: string[]]>([
    [301, ["PUT /fleet/v1/units/a.service?alt=json", "GET /elsewhere?x=y"]],
    [302, ["PUT /fleet/v1/units/a.service?alt=json", "GET /elsewhere?x=y"]],
    [303, ["PUT /fleet/v1/units/a.service?alt=json", "GET /elsewhere?x=y"]],
    [307, ["PUT /fleet/v1/units/a.service?alt=json", "PUT /elsewhere?x=y"]],
    [308, ["PUT /fleet/v1/units/a.service?alt=json", "PUT /elsewhere?x=y"]],
  ])("a PUT that is answered %i goes on by Go's rules", async ([status, lines]) => {
    await using server = await ScriptedServer.open((response, seen) => {
      if (seen.line.includes("elsewhere")) response.end("{}");
      else response.writeHead(status, { Location: "/elsewhere?x=y" }).end();
    });
    await clientOf(server.url).setTargetState("a.service", "loaded", never);
    expect(server.seen.map((seen) => seen.line)).toEqual(lines);
  });

  test("lead to other servers", async () => {
    await using there = await ScriptedServer.open(answer(200, '{"machines":[{"id":"there"}]}'));
    await using here = await ScriptedServer.open((response) => {
      response.writeHead(302, { Location: `${there.url}/x` }).end();
    });
    expect(await clientOf(here.url).machines(never)).toMatchObject([{ id: "there" }]);
  });

  test("end after ten", async () => {
    await using server = await ScriptedServer.open((response) => {
      response.writeHead(302, { Location: "/again" }).end();
    });
    await expect(clientOf(server.url).units(never)).rejects.toThrow(
      `Get "${server.url}/again": stopped after 10 redirects`,
    );
  });
});

describe("through a connection of another kind", () => {
  /** A stream that is no socket, like the pipes of a child process. */
  async function tunnelTo(port: number): Promise<Duplex> {
    const socket = connect({ host: "127.0.0.1", port });
    return Duplex.from({ readable: socket, writable: socket });
  }

  test("requests reach a unix socket that is somewhere else", async () => {
    await using server = await ScriptedServer.open(answer(200));
    const asked: unknown[] = [];
    const client = clientOf("unix:///var/run/fleet.sock", {
      dial: (target) => {
        asked.push(target);
        return tunnelTo(server.port);
      },
    });
    await client.units(never);
    await client.units(never);
    expect(asked).toEqual([{ kind: "unix", path: "/var/run/fleet.sock" }]);
    expect(server.seen[1]?.headers[0]).toBe("Host: domain-sock");
  });

  test("a tunnel that cannot be opened says why", async () => {
    const client = clientOf("unix:///var/run/fleet.sock", {
      dial: () => Promise.reject(new Error("ssh: no such host")),
    });
    await expect(client.units(never)).rejects.toThrow(
      'Get "http://domain-sock/fleet/v1/units?alt=json": ssh: no such host',
    );
  });
});
