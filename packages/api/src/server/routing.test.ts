import { METHODS } from "node:http";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { parseAnswer, rawRequest } from "../../testing/raw-http.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  const metrics = async (): Promise<{ contentType: string; text: string }> => ({
    contentType: "text/plain; version=0.0.4",
    text: "fleet_engine_leader_start_time 0\n",
  });
  api = await ApiUnderTest.open(() => ({ metrics }));
});
afterAll(() => api[Symbol.asyncDispose]());

const ROOTS = ["/fleet/v1", "/v1-alpha"];

test.for(ROOTS.flatMap((root) => ["/units", "/state", "/machines"].map((path) => root + path)))(
  "%s is an empty collection",
  async (path) => {
    expect(await api.ask(`GET ${path}`)).toMatchObject({ status: 200, body: "{}" });
  },
);

test.for(
  ["/", ...ROOTS].flatMap((path) => ["GET", "HEAD", "PUT", "POST", "TRACE"].map((m) => [m, path])),
)("%s %s is a method that is not allowed", async ([method, path]) => {
  expect((await api.ask(`${method} ${path}`))?.status).toBe(405);
});

test.for([
  "/fleet/v1/",
  "/v1-alpha/",
  "/fleet/v1/units/",
  "/fleet/v1/state/",
  "/fleet/v1/machines/",
  "/fleet/v1/machines/abc",
  "/fleet/v1/discovery/",
  "/fleet/v1/units/a/b",
  "/fleet/v1/units/a%2Fb",
  "/metrics/",
  "/fleet",
  "/fleet/v2/units",
  "/FLEET/v1/units",
  "/fleet/v1/Units",
  "/units",
])("%s does not exist", async (path) => {
  expect(await api.ask(`GET ${path}`)).toMatchObject({
    status: 404,
    body: '{"error":{"code":404,"message":""}}',
  });
});

test.for<[path: string, location: string]>([
  ["//fleet/v1/units", "/fleet/v1/units"],
  ["/fleet//v1/units", "/fleet/v1/units"],
  ["/fleet/./v1/units", "/fleet/v1/units"],
  ["/fleet/x/../v1/units", "/fleet/v1/units"],
  ["/fleet/x/%2e%2e/v1/units", "/fleet/v1/units"],
  ["/fleet/v1/units//", "/fleet/v1/units/"],
  ["/../..", "/"],
  ["/fleet/v1//units/a%20b%3f.service", "/fleet/v1/units/a%20b%3F.service"],
  ["//fleet/v1/units?x=1&y=%20", "/fleet/v1/units?x=1&y=%20"],
])("%s leads to %s", async ([path, location]) => {
  const answer = await api.ask(`GET ${path}`);
  expect(answer?.status).toBe(301);
  expect(answer?.headers.get("Location")).toBe(location);
  expect(answer?.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  const link = location.replaceAll("&", "&amp;");
  expect(answer?.body).toBe(`<a href="${link}">Moved Permanently</a>.\n\n`);
});

test("a redirect of another method has a Location and no body", async () => {
  const answer = await api.ask("PUT //fleet/v1/units/a.service");
  expect(answer).toMatchObject({ status: 301, body: "" });
  expect(answer?.headers.get("Location")).toBe("/fleet/v1/units/a.service");
  expect(answer?.headers.has("Content-Type")).toBe(false);
});

test.for(["/fleet/v1/units/", "/v1-alpha/state/", "/fleet/v1/waiting/"])(
  "%s has no name and so no methods either",
  async (path) => {
    for (const method of ["HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE"]) {
      expect((await api.ask(`${method} ${path}`))?.status).toBe(404);
    }
  },
);

const READ_ONLY = "405 only GET supported against this resource";

describe("what a resource does not support", () => {
  test.for<[path: string, allowed: string[], outcome: string]>([
    ["/fleet/v1/units", ["GET"], READ_ONLY],
    [
      "/fleet/v1/units/a.service",
      ["GET", "PUT", "DELETE"],
      "405 only GET, PUT and DELETE supported against this resource",
    ],
    ["/fleet/v1/state", ["GET"], READ_ONLY],
    ["/v1-alpha/state/a.service", ["GET"], READ_ONLY],
    [
      "/fleet/v1/machines",
      ["GET", "PATCH"],
      "405 only GET and PATCH supported against this resource",
    ],
    ["/fleet/v1/discovery", ["GET"], "400 only HTTP GET supported against this resource"],
  ])("%s", async ([path, allowed, outcome]) => {
    const others = METHODS.filter((one) => ![...allowed, "HEAD"].includes(one));
    const outcomes = await Promise.all(
      others.map(async (method) => [method, await api.outcome(`${method} ${path}`)]),
    );
    expect(outcomes).toEqual(others.map((method) => [method, outcome]));
    const head = await api.ask(`HEAD ${path}`);
    expect(`${head?.status} ${head?.body}`).toBe(`${outcome.slice(0, 3)} `);
    expect(head?.headers.has("Allow")).toBe(false);
  });
});

test("a redirected HEAD has the headers of a GET", async () => {
  const bytes = await api.exchange(rawRequest("HEAD //fleet/v1/units"));
  const { headers, body } = parseAnswer(bytes) ?? {};
  expect(headers?.get("Location")).toBe("/fleet/v1/units");
  expect(headers?.get("Content-Type")).toBe("text/html; charset=utf-8");
  expect(body).toBe("");
});

test("CONNECT is not sent to the clean path", async () => {
  expect(await api.outcome("CONNECT //fleet/v1/units")).toBe("404");
});

test("a body nobody asked for does no harm", async () => {
  const request = { headers: ["Content-Type: nonsense"], body: "x".repeat(5_000) };
  expect(await api.outcome("POST /fleet/v1/units", request)).toBe(READ_ONLY);
  expect(await api.outcome("GET /fleet/v1/units", request)).toBe("200 {}");
  expect(await api.outcome("DELETE /fleet/v1/units/a.service", request)).toBe(
    "404 unit does not exist",
  );
});

test("the absolute form of a target is understood", async () => {
  expect(await api.outcome("GET http://somewhere:80/fleet/v1/units?x=y")).toBe("200 {}");
});

test("a request without a Host is served", async () => {
  const bytes = await api.exchange("GET /fleet/v1/units HTTP/1.1\r\nConnection: close\r\n\r\n");
  expect(bytes.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test("an answer has fleet's headers and no others", async () => {
  const answer = await api.ask("GET /fleet/v1/units");
  expect([...(answer?.headers.keys() ?? [])].toSorted()).toEqual([
    "Connection",
    "Content-Length",
    "Content-Type",
    "Date",
    "Server",
  ]);
  expect(answer?.headers.get("Content-Type")).toBe("application/json");
  expect(answer?.headers.get("Content-Length")).toBe("2");
  expect(answer?.headers.get("Server")).toBe("fleetd/9.8.7");
});

test.for(["GET /nowhere", "GET //", "HEAD /fleet/v1/units", "GET /metrics"])(
  "%s names the server, too",
  async (line) => {
    expect((await api.ask(line))?.headers.get("Server")).toBe("fleetd/9.8.7");
  },
);
