import type { Cluster } from "../cluster.ts";
import { etcdctl } from "../faults/etcd-faults.ts";
import { seenBy } from "../faults/witness.ts";
import {
  allStatesOf,
  type DesiredState,
  endpointOf,
  presentMachines,
  unitsOf,
  type WireState,
} from "../fleet-api.ts";
import type { Sighting } from "./records.ts";
import type { Wishes } from "./wishes.ts";

const ASSIGNMENTS = "/_coreos.com/fleet/assignments/";
const LEAVING = "/_coreos.com/fleet/leaving/";

/** The IDs of the machines that each unit is assigned to, all at one moment. */
export async function homesOf(cluster: Cluster): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const homes = new Map<string, Set<string>>();
  for (const key of await keysBelow(cluster, ASSIGNMENTS)) {
    const [unit = "", machine = ""] = key.split("/");
    homes.set(unit, (homes.get(unit) ?? new Set()).add(machine));
  }
  return homes;
}

/** What the witnesses saw so far, and where they are. */
export async function sightingOf(
  cluster: Cluster,
  witnesses: ReadonlySet<string>,
): Promise<Sighting> {
  const homes = await homesOf(cluster);
  const seen = cluster.machines.map(
    async (machine) => [machine.id, await seenBy(machine)] as const,
  );
  return {
    homes: new Map([...homes].filter(([unit]) => witnesses.has(unit))),
    seen: new Map(await Promise.all(seen)),
  };
}

/** What is not yet as it was wished; nothing once the cluster has settled. */
export async function unsettled(
  cluster: Cluster,
  wishes: Wishes,
  globals: ReadonlySet<string>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { name, address } of cluster.machines) {
    const present = await presentMachines(endpointOf(address)).catch(String);
    const count = typeof present === "string" ? present : present.length;
    if (count !== cluster.machines.length) wrong.push(`${name} sees machines: ${count}`);
  }
  if (wrong.length > 0) return wrong;
  const units = await wishedOf(cluster);
  const states = await allStatesOf(cluster.endpoint());
  return [
    ...wishes.wrongWith(units),
    ...(await keysBelow(cluster, LEAVING)).map((key) => `${key} has not left`),
    ...[...units].flatMap(([unit, wish]) => {
      const count = globals.has(unit) ? cluster.machines.length : 1;
      const own = states.filter(({ name }) => name === unit);
      return isAsWished(own, wish, count)
        ? []
        : [`${unit} is wished ${wish} and is ${JSON.stringify(own)}`];
    }),
    ...states.filter(({ name }) => !units.has(name)).map(({ name }) => `${name} is left over`),
  ];
}

/** What follows the prefix in each key. */
async function keysBelow(cluster: Cluster, prefix: string): Promise<readonly string[]> {
  const text = await etcdctl(cluster.etcdMembers, "get", "--prefix", "--keys-only", prefix);
  const keys = text.split("\n").filter((line) => line.startsWith(prefix));
  return keys.map((key) => key.slice(prefix.length));
}

/** What is wished of every unit, as the cluster knows it. */
export async function wishedOf(cluster: Cluster): Promise<ReadonlyMap<string, DesiredState>> {
  const units = await unitsOf(cluster.endpoint());
  return new Map(units.map(({ name, desiredState }) => [name, desiredState]));
}

function isAsWished(states: readonly WireState[], wish: DesiredState, count: number): boolean {
  if (wish === "inactive") return states.length === 0;
  const active = wish === "launched" ? "active" : "inactive";
  return states.length === count && states.every(({ systemdActiveState: is }) => is === active);
}
