import { runOk } from "../command.ts";
import type { Etcd } from "../etcd.ts";
import { RigError } from "../rig-error.ts";
import { until } from "../until.ts";

const IS_LEADER_COLUMN = 4;

/** etcdctl against whichever of the members answers. @throws {CommandFailedError} */
export async function etcdctl(
  members: readonly Etcd[],
  ...args: readonly string[]
): Promise<string> {
  const endpoints = members.filter(({ pid }) => pid !== undefined).map(({ endpoint }) => endpoint);
  const command = ["etcdctl", `--endpoints=${endpoints.join()}`, "--command-timeout=5s", ...args];
  return runOk(command, { env: { PATH: process.env["PATH"], ETCDCTL_API: "3" } });
}

/** The member that the others follow; waits until there is one. */
export async function etcdLeader(members: readonly Etcd[]): Promise<Etcd> {
  return until("etcd has a leader", async () => {
    const table = await etcdctl(members, "endpoint", "status");
    const row = table.split("\n").find((line) => line.split(", ")[IS_LEADER_COLUMN] === "true");
    const value = members.find(({ endpoint }) => row?.startsWith(`${endpoint},`));
    return value === undefined ? { done: false, saw: table } : { done: true, value };
  });
}

/** Has etcd forget all that was before now. */
export async function compactEtcd(members: readonly Etcd[]): Promise<void> {
  const header = await etcdctl(members, "get", "any", "--write-out=fields");
  const revision = /"Revision" : (\d+)/.exec(header)?.[1];
  if (revision === undefined) throw new RigError(`no revision: ${header}`);
  await etcdctl(members, "compact", "--physical", revision);
}

/** How many seconds the lease of this key has left; waits until the key is there. */
export async function leaseSecondsLeft(members: readonly Etcd[], key: string): Promise<number> {
  return until(`${key} has a lease`, async () => {
    const entry = await etcdctl(members, "get", key, "--write-out=fields");
    const lease = /"Lease" : (\d+)/.exec(entry)?.[1];
    if (lease === undefined) return { done: false, saw: entry };
    const hex = BigInt(lease).toString(16);
    const words = await etcdctl(members, "lease", "timetolive", hex);
    const left = /remaining\((\d+)s\)/.exec(words)?.[1];
    return left === undefined ? { done: false, saw: words } : { done: true, value: Number(left) };
  });
}
