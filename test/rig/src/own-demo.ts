import { untilAsked } from "./asked.ts";
import { type OwnFleet, startOwnFleet } from "./own-fleet.ts";
import { showStep } from "./progress.ts";
import { messageOf } from "./rig-error.ts";

/*
 * npm start without root: this machine alone, with the caller's own systemd, and what to try next. Ends with Ctrl-C
 * and takes everything down.
 */

const UNIT = "hello.service";

const stdout = process.stdout;
process.exit(await main(untilAsked()));

async function main(asked: Promise<"asked">): Promise<number> {
  try {
    const fleet = await showStep(stdout, "Starting etcd and fleetd", startOwnFleet);
    const shown = await Promise.race([asked, show(fleet)]);
    if (shown === "shown") await asked;
    stdout.write("\n");
    await showStep(stdout, "Taking everything down", async () => fleet[Symbol.asyncDispose]());
    return shown === "failed" ? 1 : 0;
  } catch (error) {
    stdout.write(`${messageOf(error)}\n`);
    return 1;
  }
}

async function show(fleet: OwnFleet): Promise<"shown" | "failed"> {
  try {
    await showStep(stdout, `Starting ${UNIT}`, async () =>
      fleet.fleetctl("start", `units/${UNIT}`),
    );
    for (const command of ["list-machines", "list-units"])
      stdout.write(`\n$ fleetctl ${command}\n${await fleet.fleetctl(command)}`);
    stdout.write(whatToTry(fleet));
    return "shown";
  } catch (error) {
    stdout.write(`${messageOf(error)}\n`);
    return "failed";
  }
}

function whatToTry({ endpoint }: OwnFleet): string {
  return `
Try, in another shell, in this directory:

  export FLEETCTL_ENDPOINT=${endpoint}
  systemctl --user status ${UNIT}
  node_modules/.bin/fleetctl stop ${UNIT}
  node_modules/.bin/fleetctl list-units

Ctrl-C takes everything down. As root, npm start boots a cluster of three machines.
`;
}
