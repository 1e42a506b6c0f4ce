import { gunzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { rawRequest } from "../../testing/raw-http.ts";

const TEXT = "fleet_engine_reconcile_count_total 3\n";
const contentType = "text/plain; version=0.0.4";
const metrics = async (): Promise<{ contentType: string; text: string }> => ({
  contentType,
  text: TEXT,
});

test.for(["GET", "POST", "PUT", "DELETE"])("%s /metrics shows the metrics", async (method) => {
  await using api = await ApiUnderTest.open(() => ({ metrics }));
  const answer = await api.ask(`${method} /metrics`);
  expect(answer).toMatchObject({ status: 200, body: TEXT });
  expect(answer?.headers.get("Content-Type")).toBe(contentType);
  expect(answer?.headers.get("Content-Length")).toBe(String(TEXT.length));
});

test("HEAD /metrics tells the length only", async () => {
  await using api = await ApiUnderTest.open(() => ({ metrics }));
  const answer = await api.ask("HEAD /metrics");
  expect(answer).toMatchObject({ status: 200, body: "" });
  expect(answer?.headers.get("Content-Length")).toBe(String(TEXT.length));
});

test.for<[accepted: string, isCompressed: boolean]>([
  ["gzip", true],
  ["deflate, gzip;q=0.5", true],
  ["identity", false],
  ["gzip;q=0", false],
  ["x-gzipped", false],
])("Accept-Encoding %s", async ([accepted, isCompressed]) => {
  await using api = await ApiUnderTest.open(() => ({ metrics }));
  const headers = [`Accept-Encoding: ${accepted}`];
  const bytes = await api.exchange(rawRequest("GET /metrics", { headers }));
  const body = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
  expect(bytes.includes("Content-Encoding: gzip")).toBe(isCompressed);
  expect((isCompressed ? gunzipSync(body) : body).toString()).toBe(TEXT);
});

test("metrics that cannot be collected are a 500, and the log says why", async () => {
  const broken = (): Promise<never> => Promise.reject(new Error("no numbers today"));
  await using api = await ApiUnderTest.open(() => ({ metrics: broken }));
  expect(await api.outcome("GET /metrics")).toBe("500");
  expect(api.errors()).toEqual(["Failed collecting metrics: no numbers today"]);
});

test("without metrics there is no such path", async () => {
  await using api = await ApiUnderTest.open();
  expect(await api.outcome("GET /metrics")).toBe("404");
});
