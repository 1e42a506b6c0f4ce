import type { Cluster } from "../cluster.ts";
import { endpointOf } from "../fleet-api.ts";
import type { Machine } from "../machine.ts";
import { until } from "../until.ts";
import { etcdctl, leaseSecondsLeft } from "./etcd-faults.ts";

const PREFIX = "/_coreos.com/fleet";
const CHANGE_WITHIN_MS = 30_000;

/** Sends a signal to a machine's fleetd, and to nothing that it started. */
export async function signalFleetd(machine: Machine, signal: string): Promise<void> {
  await machine.exec("systemctl", "kill", "--kill-who=main", `--signal=${signal}`, "fleet");
}

/** The machine whose engine leads; waits while there is none. */
export async function leadingMachine(cluster: Cluster): Promise<Machine> {
  return until("somebody leads", async () => {
    const key = `${PREFIX}/lease/engine-leader`;
    const value = await etcdctl(cluster.etcdMembers, "get", key, "--print-value-only");
    const { MachineID } = JSON.parse(value) as { MachineID: string };
    return { done: true, value: cluster.machine(MachineID) };
  });
}

/** Resolves when another machine than this one leads. */
export async function untilAnotherLeads(cluster: Cluster, first: Machine): Promise<void> {
  await until(
    "another leads",
    async () => {
      const { id } = await leadingMachine(cluster);
      return id === first.id ? { done: false, saw: id } : { done: true, value: undefined };
    },
    { withinMs: CHANGE_WITHIN_MS },
  );
}

/** Resolves when the machine was out of touch for so long that its presence has only so many seconds left. */
export async function untilLeaseHasLeft(
  cluster: Cluster,
  machine: Machine,
  seconds: number,
): Promise<void> {
  await until(
    `the lease of ${machine.name} has ${seconds} s left`,
    async () => {
      const key = `${PREFIX}/machines/${machine.id}/object`;
      const left = await leaseSecondsLeft(cluster.etcdMembers, key);
      return left <= seconds ? { done: true, value: undefined } : { done: false, saw: `${left} s` };
    },
    { withinMs: CHANGE_WITHIN_MS, everyMs: 50 },
  );
}

/** Resolves when every daemon answers so: 200 in the cluster, 503 when it knows that it is out of touch with it. */
export async function untilAllAnswer(cluster: Cluster, wanted: 200 | 503): Promise<void> {
  for (const machine of cluster.machines) {
    await until(
      `${machine.name} answers ${wanted}`,
      async () => {
        const url = `${endpointOf(machine.address)}/fleet/v1/machines`;
        const { status } = await fetch(url, { signal: AbortSignal.timeout(2_000) });
        return status === wanted
          ? { done: true, value: undefined }
          : { done: false, saw: `${status}` };
      },
      { withinMs: CHANGE_WITHIN_MS },
    );
  }
}
