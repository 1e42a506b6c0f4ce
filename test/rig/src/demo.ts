import { once } from "node:events";
import { join } from "node:path";

import { AMBASSADOR_UNITS, startAmbassadorUnit, untilPageAnswers } from "./ambassador.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { showStep } from "./progress.ts";
import { PROJECT_DIRECTORY } from "./project.ts";

/*
 * npm start: three machines, the ambassador example on them, and what to try next. Ends with Ctrl-C and takes
 * everything down; a second Ctrl-C does not wait for that (the janitor still does it).
 */

const MACHINES = 3;
const AGENT_TTL = "5s";
const EVIDENCE = join(PROJECT_DIRECTORY, "test-results", "demo");

const out = process.stdout;
process.exitCode = await main(untilAsked());

/** Resolves with the first signal that asks the program to end; the next one ends it at once. */
async function untilAsked(): Promise<"asked"> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  await Promise.race(signals.map(async (signal) => once(process, signal)));
  for (const signal of signals) process.once(signal, () => process.exit(1));
  return "asked";
}

async function main(asked: Promise<"asked">): Promise<number> {
  const heading = `Starting etcd and ${MACHINES} machines`;
  const starting = showStep(out, heading, async () =>
    startCluster({ machines: MACHINES, agentTtl: AGENT_TTL }),
  );
  try {
    await Promise.race([starting, asked]);
    const cluster = await starting;
    const status = await Promise.race([show(cluster), asked.then(() => 0)]);
    if (status === 0) await asked;
    out.write("\n");
    await showStep(out, "Taking everything down", async () => cluster[Symbol.asyncDispose]());
    return status;
  } catch (error) {
    out.write(`${wordsOf(error)}\n`);
    return 1;
  }
}

/** Starts the example and says what there is to see. Returns the exit status it came to. */
async function show(cluster: Cluster): Promise<number> {
  try {
    for (const unit of AMBASSADOR_UNITS) {
      await showStep(out, `Starting ${unit}`, async () => startAmbassadorUnit(cluster, unit));
    }
    const page = await showStep(out, "Waiting for the page", async () => untilPageAnswers(cluster));
    out.write(`\n$ fleetctl list-machines\n${await cluster.fleetctl("list-machines")}`);
    out.write(`\n$ fleetctl list-units\n${await cluster.fleetctl("list-units")}`);
    out.write(await whatToTry(cluster, page));
    return 0;
  } catch (error) {
    out.write(`${wordsOf(error)}\n`);
    await cluster.saveEvidence(EVIDENCE);
    out.write(`Journals, etcd's contents and listings are in ${EVIDENCE}\n`);
    return 1;
  }
}

async function whatToTry(cluster: Cluster, page: string): Promise<string> {
  const web = cluster.machine(await cluster.untilActive("apache.service"));
  const spectator = cluster.machines.find((machine) => machine !== web);
  const fleetctl = cluster.fleetctlCommand(spectator).join(" ");
  return `
The page: ${page}

Try, in another shell:

  curl ${page}
  ${fleetctl} journal apache.service
  kill -KILL ${web.pid}; sleep 10; ${fleetctl} list-units
      (the machine of apache.service dies without a word, and its units move)

Ctrl-C takes everything down.
`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
