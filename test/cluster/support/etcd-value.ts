import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Cluster } from "@fleet/rig";

/** The value of `key` in the cluster's etcd, "" when it is not there. */
export async function etcdValue(cluster: Cluster, key: string): Promise<string> {
  const args = [`--endpoints=${cluster.etcd.endpoint}`, "get", key, "--print-value-only"];
  const env = { PATH: process.env["PATH"], ETCDCTL_API: "3" };
  const { stdout } = await promisify(execFile)("etcdctl", args, { env, timeout: 10_000 });
  return stdout.trim();
}
