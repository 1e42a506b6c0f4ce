import { answer, type Script, ScriptedServer } from "@fleet/api/testing";
import { expect, test } from "vitest";

import { type Ended, TestTerminal } from "../testing/test-terminal.ts";

// fleetctl at an API of fleetd 1.0.0: each request in its order, and what fleetd 1.0.0 answers to it.

type Exchange = readonly [request: string, status: number, body?: string];

const ID = "aaaa1111aaaa1111aaaa1111aaaa1111";
const HASH = "1c6fb6f3684bafb0c173d8b8b957ceff031180c1";
const MISSING = '{"error":{"code":404,"message":"unit does not exist"}}';
const NOWHERE = '{"error":{"code":404,"message":""}}';
const MACHINES = `{"machines":[{"id":"${ID}","primaryIP":"10.0.0.1"}]}`;
const UNIT = "/fleet/v1/units/a.service?alt=json";
const STATE = "/fleet/v1/state?alt=json&unitName=a.service";

/** A unit as it stands in an answer; `more` are the keys that only some units have. */
function unit(desiredState: string, more: object = {}, options: readonly object[] = []): string {
  return JSON.stringify({ desiredState, name: "a.service", options, ...more });
}

const on = { machineID: ID };
const global = [{ name: "Global", section: "X-Fleet", value: "true" }];
const states = (active: string, sub: string): string =>
  `{"states":[{"hash":"${HASH}","machineID":"${ID}","name":"a.service","systemdActiveState":"${active}","systemdLoadState":"loaded","systemdSubState":"${sub}"}]}`;

/** Runs fleetctl; the last answer to a request is given as often as it comes. */
async function run(exchanges: readonly Exchange[], ...argv: readonly string[]): Promise<Ended> {
  const open = new Map<string, Exchange[]>();
  for (const one of exchanges) open.set(one[0], [...(open.get(one[0]) ?? []), one]);
  const script: Script = (response, seen) => {
    const left = open.get(seen.line) ?? [];
    const [, status, body] = (left.length > 1 ? left.shift() : left[0]) ?? [
      seen.line,
      404,
      NOWHERE,
    ];
    answer(status, body)(response, seen);
  };
  await using server = await ScriptedServer.open(script);
  await using terminal = await TestTerminal.open();
  const file = await terminal.write("a.service", "[X-Fleet]\nGlobal=true\n");
  const words = argv.map((word) => (word === "FILE" ? file : word));
  return await terminal.run([`--endpoint=${server.url}`, ...words]);
}

test.for<[what: string, argv: string[], exchanges: Exchange[], stdout: string]>([
  [
    "a global unit has no state",
    ["submit", "FILE"],
    [
      [`GET ${UNIT}`, 404, MISSING],
      [`GET ${UNIT}`, 200, unit("inactive", {}, global)],
      [`PUT ${UNIT}`, 201, ""],
    ],
    "Unit a.service \n",
  ],
  [
    "a unit is started though nothing says why it waits",
    ["start", "a"],
    [
      [`GET ${UNIT}`, 200, unit("inactive", { currentState: "inactive" })],
      [`GET ${UNIT}`, 200, unit("inactive", { currentState: "inactive" })],
      [`GET ${UNIT}`, 200, unit("launched", { currentState: "inactive" })],
      [`GET ${UNIT}`, 200, unit("launched", { currentState: "launched", ...on })],
      [`PUT ${UNIT}`, 204, ""],
      [`GET ${STATE}`, 200, "{}"],
      [`GET ${STATE}`, 200, states("activating", "start")],
      [`GET ${STATE}`, 200, states("active", "running")],
      ["GET /fleet/v1/machines?alt=json", 200, MACHINES],
    ],
    "Unit a.service launched on aaaa1111.../10.0.0.1\n",
  ],
  [
    "a stop is seen late",
    ["stop", "a"],
    [
      [`GET ${UNIT}`, 200, unit("launched", { currentState: "launched", ...on })],
      [`GET ${UNIT}`, 200, unit("loaded", { currentState: "launched", ...on })],
      [`GET ${UNIT}`, 200, unit("loaded", { currentState: "loaded", ...on })],
      [`PUT ${UNIT}`, 204, ""],
      ["GET /fleet/v1/machines?alt=json", 200, MACHINES],
    ],
    "Unit a.service loaded on aaaa1111.../10.0.0.1\n",
  ],
  [
    "units are listed over two pages, the last of them empty",
    ["list-unit-files", "--no-legend", "--fields=unit,state,target"],
    [
      [
        "GET /fleet/v1/units?alt=json",
        200,
        `{"nextPageToken":"AQACAA==","units":[${unit("launched", { currentState: "inactive" }, global)}]}`,
      ],
      ["GET /fleet/v1/units?alt=json&nextPageToken=AQACAA%3D%3D", 200, "{}"],
    ],
    "a.service\t-\tglobal\n",
  ],
])("%s", async ([, argv, exchanges, stdout]) => {
  expect(await run(exchanges, ...argv)).toMatchObject({ status: 0, stdout });
});

test.for([
  ["cluster-health", "Error asking for the cluster's health"],
  ["resume-moves", "Error resuming moves"],
  ["list-drop-files", "Error retrieving list of dropped files"],
] as const)("%s says that fleetd is older", async ([command, attempt]) => {
  const ended = await run([["GET /fleet/v1/machines?alt=json", 200, MACHINES]], command);
  expect(ended).toEqual({
    status: 1,
    stdout: "",
    stderr: `${attempt}: this fleetd does not know ${command}: it is older than this fleetctl\n`,
  });
});
