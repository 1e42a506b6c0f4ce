import { afterAll, beforeAll, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { storeUnit } from "../../testing/cluster.ts";

const LIMIT = 100;
const COLLECTIONS = ["units", "state", "machines"];

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.open(() => ({ tokenLimit: LIMIT }));
});
afterAll(() => api[Symbol.asyncDispose]());

test.for([
  "nextPageToken=ZAABAA==",
  "nextPageToken=ZAACAA%3D%3D",
  "nextPageToken=ZAD__w==",
  "nextPageToken=ZAA%0D%0AB%0AAA==",
  "nextPageToken=ZAABAAAA",
  "nextPageToken=%zz",
  "alt=json&limit=3&fields=units",
  "NextPageToken=bogus",
])("%s is accepted", async (query) => {
  const outcomes = COLLECTIONS.map((collection) =>
    api.outcome(`GET /fleet/v1/${collection}?${query}`),
  );
  expect(await Promise.all(outcomes)).toEqual(COLLECTIONS.map(() => "200 {}"));
});

interface Page {
  readonly nextPageToken?: string;
  readonly units?: readonly { readonly name: string }[];
}

async function pageOf(
  paged: ApiUnderTest,
  token?: string,
): Promise<[string[], string | undefined]> {
  const query = token === undefined ? "" : `?nextPageToken=${encodeURIComponent(token)}`;
  const answer = await paged.ask(`GET /fleet/v1/units${query}`);
  // A refusal must not pass for an empty page.
  expect(answer?.status).toBe(200);
  const page = JSON.parse(answer?.body ?? "") as Page;
  return [(page.units ?? []).map((unit) => unit.name), page.nextPageToken];
}

test.for<[units: number, pages: string[][]]>([
  [0, [[]]],
  [1, [["0.service"]]],
  [3, [["0.service", "1.service"], ["2.service"]]],
  // As in fleet: a last page that is full is followed by an empty one.
  [4, [["0.service", "1.service"], ["2.service", "3.service"], []]],
])("%i units in pages of two", async ([count, pages]) => {
  await using paged = await ApiUnderTest.open(() => ({ tokenLimit: 2 }));
  for (let unit = 0; unit < count; unit += 1) await storeUnit(paged.registry, `${unit}.service`);
  const seen: string[][] = [];
  let token: string | undefined;
  do {
    const [names, next] = await pageOf(paged, token);
    seen.push(names);
    token = next;
  } while (token !== undefined);
  expect(seen).toEqual(pages);
});

test("a token begins with fleet's four bytes, and those alone lead to the same page", async () => {
  await using paged = await ApiUnderTest.open(() => ({ tokenLimit: 2 }));
  for (const name of ["a", "b", "c"]) await storeUnit(paged.registry, `${name}.service`);
  const [, token = ""] = await pageOf(paged);
  const bytes = Buffer.from(token, "base64url");
  expect([...bytes.subarray(0, 4)]).toEqual([2, 0, 2, 0]);
  expect(await pageOf(paged, token)).toEqual([["c.service"], undefined]);
  expect(await pageOf(paged, "AgACAA==")).toEqual([["c.service"], undefined]);
});

test("a token goes on behind the last entry, whatever happened before it", async () => {
  await using paged = await ApiUnderTest.open(() => ({ tokenLimit: 2 }));
  for (const name of ["b", "c", "d"]) await storeUnit(paged.registry, `${name}.service`);
  const [, token] = await pageOf(paged);
  await storeUnit(paged.registry, "a.service");
  expect(await pageOf(paged, token)).toEqual([["d.service"], undefined]);
});

test("a page beyond 65535 keeps going", async () => {
  await using paged = await ApiUnderTest.open(() => ({ tokenLimit: 1 }));
  for (const name of ["a", "b"]) await storeUnit(paged.registry, `${name}.service`);
  const last = Buffer.concat([Buffer.from([1, 0, 0xff, 0xff]), Buffer.from(">a.service")]);
  const urlSafe = `${last.toString("base64url")}=`;
  const [names, token = ""] = await pageOf(paged, urlSafe);
  expect(names).toEqual(["b.service"]);
  expect(await pageOf(paged, token)).toEqual([[], undefined]);
});

test("a changed limit holds from the next request on", async () => {
  await using paged = await ApiUnderTest.open(() => ({ tokenLimit: 2 }));
  paged.server.setTokenLimit(7);
  expect(await paged.outcome("GET /fleet/v1/units?nextPageToken=AgABAA==")).toBe(
    "400 token limit must be 7",
  );
});

test("a page full of units that cannot be read is read past", async () => {
  await using paged = await ApiUnderTest.open(() => ({ tokenLimit: 2 }));
  for (const name of ["a", "b", "c"]) await storeUnit(paged.registry, `${name}.service`);
  for (const name of ["a", "b"]) {
    const key = `/_coreos.com/fleet/units/${name}.service`;
    paged.store.etcd.txn({ compare: [], success: [{ kind: "put", key, value: "broken" }] });
  }
  expect(await pageOf(paged)).toEqual([["c.service"], undefined]);
});
