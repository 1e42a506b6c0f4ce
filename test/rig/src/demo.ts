import { join } from "node:path";

import { AMBASSADOR_UNITS, startAmbassadorUnit, untilPageAnswers } from "./ambassador.ts";
import { untilAsked } from "./asked.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { type Output, showStep } from "./progress.ts";
import { PROJECT_DIRECTORY } from "./project.ts";
import { type Rig, startRig } from "./rig.ts";
import { messageOf } from "./rig-error.ts";

/*
 * npm start: three machines, the ambassador example on them, and what to try next. Ends with Ctrl-C and takes
 * everything down; a second Ctrl-C does not wait for that (the janitor still does it).
 */

const MACHINES = 3;
const AGENT_TTL = "5s";
const EVIDENCE = join(PROJECT_DIRECTORY, "test-results", "demo");

const stdout = process.stdout;
// What is still under way when the end is asked for may wait for long, and for nothing.
process.exit(await main(untilAsked()));

async function main(asked: Promise<"asked">): Promise<number> {
  let isAsked = false;
  void asked.then(() => (isAsked = true));
  // Whatever is under way when the end is asked for fails sooner or later, and nobody wants to read that.
  const write = (text: string): unknown => isAsked || stdout.write(text);
  const out: Output = { isTTY: stdout.isTTY, write };
  try {
    const rig = await startRig();
    const shown = await Promise.race([asked, show(rig, out)]);
    if (shown === "shown") await asked;
    stdout.write("\n");
    await showStep(stdout, "Taking everything down", async () => rig[Symbol.asyncDispose]());
    return shown === "failed" ? 1 : 0;
  } catch (error) {
    stdout.write(`${messageOf(error)}\n`);
    return 1;
  }
}

async function show(rig: Rig, out: Output): Promise<"shown" | "failed"> {
  try {
    const heading = `Starting etcd and ${MACHINES} machines`;
    const cluster = await showStep(out, heading, async () =>
      startCluster({ rig, machines: MACHINES, agentTtl: AGENT_TTL }),
    );
    return await showExample(cluster, out);
  } catch (error) {
    out.write(`${messageOf(error)}\n`);
    return "failed";
  }
}

/** Starts the example and says what there is to see. */
async function showExample(cluster: Cluster, out: Output): Promise<"shown" | "failed"> {
  try {
    for (const unit of AMBASSADOR_UNITS) {
      await showStep(out, `Starting ${unit}`, async () => startAmbassadorUnit(cluster, unit));
    }
    const page = await showStep(out, "Waiting for the page", async () => untilPageAnswers(cluster));
    out.write(`\n$ fleetctl list-machines\n${await cluster.fleetctl("list-machines")}`);
    out.write(`\n$ fleetctl list-units\n${await cluster.fleetctl("list-units")}`);
    out.write(await whatToTry(cluster, page));
    return "shown";
  } catch (error) {
    out.write(`${messageOf(error)}\n`);
    await cluster.saveEvidence(EVIDENCE);
    out.write(`Journals, etcd's contents and listings are in ${EVIDENCE}\n`);
    return "failed";
  }
}

async function whatToTry(cluster: Cluster, page: string): Promise<string> {
  const web = cluster.machine(await cluster.untilActive("apache.service"));
  const spectators = cluster.machines.filter((machine) => machine !== web);
  const fleetctl = await cluster.writeFleetctl([...spectators, web]);
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
