import { readdir } from "node:fs/promises";
import { type Cluster, type Machine, until } from "@fleet/rig";

/** The part of the API's listings that says whether something is left. */
interface Listing {
  readonly units?: readonly { readonly name: string }[];
  readonly states?: readonly { readonly name: string }[];
}

const UNIT_DIRECTORY = "/run/fleet/units";
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Destroys all units and resolves when every machine takes part again and none has a unit left. It speaks to the API
 * itself: a fleetctl process for each step would take most of a suite's time.
 */
export async function clearCluster(cluster: Cluster): Promise<void> {
  const up = cluster.machines.filter((machine) => machine.isReachable);
  await Promise.all(up.map(async (machine) => machine.exec("systemctl", "start", "fleet.service")));
  await cluster.untilPresent(up.length);
  const api = `${cluster.endpoint()}/fleet/v1`;
  await until("no unit is left", async () => {
    const { units = [] } = await list(`${api}/units`);
    const { states = [] } = await list(`${api}/state`);
    for (const { name } of units) await destroy(`${api}/units/${encodeURIComponent(name)}`);
    const left = [...units, ...states].map(({ name }) => name);
    return left.length === 0
      ? { done: true, value: undefined }
      : { done: false, saw: left.join(" ") };
  });
  await Promise.all(up.map(untilWithoutFiles));
}

async function untilWithoutFiles(machine: Machine): Promise<void> {
  await until(`${machine.name} has no unit's file left`, async () => {
    const files = await readdir(machine.path(UNIT_DIRECTORY));
    const left = files.filter((file) => file.endsWith(".service"));
    return left.length === 0
      ? { done: true, value: undefined }
      : { done: false, saw: left.join(" ") };
  });
}

async function list(url: string): Promise<Listing> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Listing;
}

async function destroy(url: string): Promise<void> {
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const answer = await fetch(url, { method: "DELETE", signal });
  if (answer.status !== 204) throw new Error(`DELETE ${url}: ${answer.status}`);
}
