import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Cluster } from "./cluster.ts";
import { run } from "./command.ts";
import { messageOf } from "./rig-error.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const LISTINGS: readonly string[] = ["list-machines", "list-units", "list-unit-files"];

/**
 * Writes what tells why a test failed into `directory`: each machine's journal and console, all that etcd holds,
 * and fleetctl's listings. What cannot be had leaves its reason in its stead.
 */
export async function saveEvidence(cluster: Cluster, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const keep = async (name: string, text: () => Promise<string>): Promise<void> => {
    await writeFile(join(directory, name), await text().catch(reasonOf));
  };
  const ofMachines = cluster.machines.map(async (machine) => {
    await keep(`${machine.name}.journal.txt`, async () => machine.journal());
    const consoleFile = join(dirname(machine.root), "console.log");
    await copyFile(consoleFile, join(directory, `${machine.name}.console.txt`)).catch(reasonOf);
  });
  const ofFleetctl = LISTINGS.map(async (listing) =>
    keep(`${listing}.txt`, async () => {
      const { stdout, stderr } = await cluster.runFleetctl([listing, "--full"], {
        timeoutMs: REQUEST_TIMEOUT_MS,
      });
      return `${stdout}${stderr}`;
    }),
  );
  const ofEtcd = keep("etcd.txt", async () =>
    etcdContents(cluster.etcdMembers.map(({ endpoint }) => endpoint).join()),
  );
  await Promise.all([...ofMachines, ...ofFleetctl, ofEtcd]);
}

async function etcdContents(endpoints: string): Promise<string> {
  const command = [
    "etcdctl",
    `--endpoints=${endpoints}`,
    "--command-timeout=5s",
    "get",
    "--prefix",
    "",
  ];
  const { stdout, stderr } = await run(command, {
    env: { PATH: process.env["PATH"], ETCDCTL_API: "3" },
    timeoutMs: REQUEST_TIMEOUT_MS,
  });
  return `${stdout}${stderr}`;
}

function reasonOf(error: unknown): string {
  return `not available: ${messageOf(error)}\n`;
}
