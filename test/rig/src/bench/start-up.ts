import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../command.ts";
import { PROJECT_DIRECTORY } from "../project.ts";
import { medianOf } from "./bench-api.ts";

// How long `fleetctl list-units` on ten units takes, as a multiple of what Node itself takes for nothing.

const ROUNDS = 61;
const UNITS = 10;
const MACHINES = 3;
const GOAL = 1.6;

const machineId = (n: number): string => String(n % MACHINES).repeat(32);
const LISTINGS: Readonly<Record<string, object>> = {
  machines: {
    machines: Array.from({ length: MACHINES }, (_, n) => ({
      id: machineId(n),
      primaryIP: `10.0.0.${n + 1}`,
    })),
  },
  state: {
    states: Array.from({ length: UNITS }, (_, n) => ({
      hash: "1c6fb6f3684bafb0c173d8b8b957ceff031180c1",
      machineID: machineId(n),
      name: `web-${n}.service`,
      systemdActiveState: "active",
      systemdLoadState: "loaded",
      systemdSubState: "running",
    })),
  },
};

const directory = await mkdtemp(join(tmpdir(), "fleetctl-bench-"));
const socket = join(directory, "fleet.sock");
// The API's share is not measured: it answers what it would, at once.
const server = createServer(({ url = "" }, response) => {
  const listing = /^\/fleet\/v1\/(?<listing>\w+)/.exec(url)?.groups?.["listing"] ?? "";
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(LISTINGS[listing]));
});
await new Promise<void>((resolve) => {
  server.listen(socket, resolve);
});

const NOTHING = ["node", "-e", "0"];
const LISTING = [
  join(PROJECT_DIRECTORY, "node_modules/.bin/fleetctl"),
  `--endpoint=unix://${socket}`,
  "list-units",
];
const took: { readonly nothing: number[]; readonly listing: number[] } = {
  nothing: [],
  listing: [],
};
for (let round = 0; round < ROUNDS; round++) {
  // Turn and turn about, so that whatever else the machine does meets both.
  took.nothing.push(await msOf(NOTHING));
  took.listing.push(await msOf(LISTING));
}
server.close();
server.closeAllConnections();
await rm(directory, { recursive: true });

const ratio = medianOf(took.listing.map((ms, round) => ms / (took.nothing[round] ?? ms)));
process.stdout.write(
  [
    `node -e 0: ${medianOf(took.nothing).toFixed(1)} ms (median of ${ROUNDS})`,
    `fleetctl list-units: ${medianOf(took.listing).toFixed(1)} ms`,
    `ratio: ${ratio.toFixed(2)} (goal: ${GOAL})\n`,
  ].join("\n"),
);
if (ratio > GOAL) process.exitCode = 1;

async function msOf(argv: readonly string[]): Promise<number> {
  const since = performance.now();
  const { status, stderr } = await run(argv);
  if (status !== 0) throw new Error(`${argv.join(" ")} exited with ${status}: ${stderr}`);
  return performance.now() - since;
}
