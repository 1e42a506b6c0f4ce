import { unitHash } from "@fleet/core";
import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { run, SLEEP, storeUnit } from "../../testing/cluster.ts";

const HASH = unitHash(SLEEP);

function wire(name: string, machine: string): string {
  const state =
    '"systemdActiveState":"active","systemdLoadState":"loaded","systemdSubState":"running"';
  return `{"hash":"${HASH}","machineID":"${machine}","name":"${name}",${state}}`;
}

/** `a` and `b` run on m1, `a` on m2, too; `quiet` is on m1 and no state of it is known. */
async function withStates(tokenLimit = 100): Promise<ApiUnderTest> {
  const api = await ApiUnderTest.open(() => ({ tokenLimit }));
  for (const name of ["a.service", "b.service", "quiet.service"]) {
    await storeUnit(api.registry, name, SLEEP, "launched");
  }
  const onFirst = ["a.service", "b.service"].map((name) => [name, "launched"] as const);
  await run(api.registry, "m1", new Map([...onFirst, ["quiet.service", "silent"]]));
  await run(api.registry, "m2", new Map([["a.service", "launched"]]));
  return api;
}

test.for<[query: string, states: [name: string, machine: string][]]>([
  [
    "",
    [
      ["a.service", "m1"],
      ["a.service", "m2"],
      ["b.service", "m1"],
    ],
  ],
  [
    "?unitName=a.service",
    [
      ["a.service", "m1"],
      ["a.service", "m2"],
    ],
  ],
  [
    "?machineID=m1",
    [
      ["a.service", "m1"],
      ["b.service", "m1"],
    ],
  ],
  ["?unitName=a.service&machineID=m2", [["a.service", "m2"]]],
  [
    "?unitName=&machineID=",
    [
      ["a.service", "m1"],
      ["a.service", "m2"],
      ["b.service", "m1"],
    ],
  ],
  ["?unitName=b.service&unitName=a.service", [["b.service", "m1"]]],
  ["?unitName=b%2Eservice", [["b.service", "m1"]]],
])("states by unit, then machine: %s", async ([query, states]) => {
  await using api = await withStates();
  const expected = states.map(([name, machine]) => wire(name, machine)).join(",");
  expect(await api.outcome(`GET /fleet/v1/state${query}`)).toBe(`200 {"states":[${expected}]}`);
});

test.for([
  "unitName=c.service",
  "unitName=A.service",
  "unitName=a",
  "unitName=a.service/",
  "unitName=%00.service",
  "machineID=m",
  "machineID=m1/a.service",
  "machineID=..",
  "unitName=b.service&machineID=m2",
  "unitName=quiet.service",
])("nothing matches %s", async (query) => {
  await using api = await withStates();
  expect(await api.outcome(`GET /fleet/v1/state?${query}`)).toBe("200 {}");
});

test("pages are filtered first and filled, whatever lies between", async () => {
  await using api = await withStates(1);
  const seen: string[] = [];
  let token: string | undefined = "";
  while (token !== undefined) {
    const query = token === "" ? "" : `&nextPageToken=${token}`;
    const answer = await api.ask(`GET /fleet/v1/state?machineID=m1${query}`);
    const page = JSON.parse(answer?.body ?? "") as {
      states?: { name: string }[];
      nextPageToken?: string;
    };
    seen.push(...(page.states ?? []).map((state) => state.name));
    token = page.nextPageToken;
  }
  expect(seen).toEqual(["a.service", "b.service"]);
});

test("one state of a unit is shown", async () => {
  await using api = await withStates();
  const answer = await api.ask("GET /fleet/v1/state/b.service");
  expect(answer).toMatchObject({ status: 200, body: wire("b.service", "m1") });
});

const MISSING = ["c.service", "quiet.service", "nonsense", "%ff"];

test.for(MISSING)("a state that is not known is a 404: %s", async (name) => {
  await using api = await withStates();
  const answer = await api.ask(`GET /fleet/v1/state/${name}`);
  expect(answer?.body).toBe('{"error":{"code":404,"message":"unit state does not exist"}}');
});

test.for(MISSING)("the client of fleetctl 1.0.0 is hung up on instead: %s", async (name) => {
  await using api = await withStates();
  const headers = ["User-Agent: google-api-go-client/0.5"];
  expect(await api.outcome(`GET /fleet/v1/state/${name}`, { headers })).toBe("hung up");
  expect(await api.outcome("GET /fleet/v1/state/b.service", { headers })).toMatch(/^200 /);
});
