import { type Cluster, leaseSecondsLeft, type Machine, until } from "@fleet/rig";

/** etcd leaves out what is less than a second of the time that a lease has left. */
const ROUNDED_OFF_S = 1;

/**
 * Resolves when a machine has renewed its lease of `ttlS` seconds less than a second ago, and after `sinceMs`
 * (performance.now()).
 */
export async function untilRenewed(
  cluster: Cluster,
  machine: Machine,
  ttlS: number,
  sinceMs = 0,
): Promise<void> {
  const key = `/_coreos.com/fleet/machines/${machine.id}/object`;
  await until(
    `${machine.name} has renewed its lease`,
    async () => {
      const renewedSinceMs = performance.now() - ROUNDED_OFF_S * 1_000;
      const left = await leaseSecondsLeft(cluster.etcdMembers, key);
      const isRenewed = left >= ttlS - ROUNDED_OFF_S && renewedSinceMs >= sinceMs;
      return isRenewed ? { done: true, value: undefined } : { done: false, saw: `${left} s left` };
    },
    { everyMs: 50 },
  );
}
