import type { Cluster } from "./cluster.ts";
import type { Machine } from "./machine.ts";
import { RigError } from "./rig-error.ts";
import { until } from "./until.ts";

/** The units of the ambassador example, in the order in which a person would start them. */
export const AMBASSADOR_UNITS: readonly string[] = [
  "apache.service",
  "etcd-amb-apache.service",
  "apache-docker-reg.service",
  "etcd-amb-apache2.service",
  "apache-dyn-amb.service",
  "haproxy.service",
];

const FOLDER = "units/ambassador";
const PAGE_PORT = 8080;
const PAGE_WITHIN_MS = 60_000;
const REQUEST_TIMEOUT_MS = 2_000;

/** Submits and starts one unit of the example. */
export async function startAmbassadorUnit(cluster: Cluster, unit: string): Promise<void> {
  await cluster.fleetctl("start", `${FOLDER}/${unit}`);
}

/** Resolves with the page's address once it answers through HAProxy and the ambassadors. */
export async function untilPageAnswers(cluster: Cluster): Promise<string> {
  const machine = cluster.machine(await cluster.untilActive("haproxy.service"));
  const page = pageAddress(machine);
  await until(
    `${page} answers`,
    async () => {
      const answer = await fetch(page, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      if (!answer.ok) throw new RigError(`status ${answer.status}`);
      return { done: true, value: undefined };
    },
    { withinMs: PAGE_WITHIN_MS },
  );
  return page;
}

function pageAddress(machine: Machine): string {
  return `http://${machine.address}:${PAGE_PORT}/`;
}
