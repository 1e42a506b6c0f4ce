import { setMaxListeners } from "node:events";

import { launchUnits, startMachines } from "./begin.ts";
import { Findings } from "./findings.ts";
import { listEverything } from "./listing.ts";
import { LoadCluster } from "./load-cluster.ts";
import { loseLeader, loseMachines } from "./losses.ts";
import { type LoadOptions, readOptions, USAGE } from "./options.ts";
import { beIdle, changeSingly } from "./steady.ts";

// npm run load: many simulated machines on one real etcd. Prints figures; fails when a promise is broken.

const PHASES = [
  startMachines,
  launchUnits,
  beIdle,
  changeSingly,
  listEverything,
  loseLeader,
  loseMachines,
];

const SIGINT_STATUS = 130;

function optionsOrExit(): LoadOptions {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`load: ${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = optionsOrExit();
const stop = new AbortController();
setMaxListeners(0, stop.signal); // many requests at once wait with it
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => stop.abort());
const findings = new Findings();
try {
  await using cluster = await LoadCluster.open();
  for (const phase of PHASES) {
    stop.signal.throwIfAborted();
    await phase({ cluster, options, findings, signal: stop.signal });
  }
} catch (error) {
  if (!stop.signal.aborted) findings.promise((error as Error).message, false);
}
process.stdout.write(`\n${findings.table()}`);
if (stop.signal.aborted) process.exitCode = SIGINT_STATUS;
else if (findings.broken.length > 0) process.exitCode = 1;
