import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

import type { SshSettings } from "./ssh-arguments.ts";

/**
 * Makes the directory in which ssh is to keep host keys; ssh itself makes none but `~/.ssh`. Where that fails, ssh
 * says that it could not store the key, and the connection goes on, as in fleet.
 */
export async function makeKnownHostsDirectory({ knownHostsFile }: SshSettings): Promise<void> {
  if (knownHostsFile === undefined) return;
  const made = mkdir(dirname(knownHostsFile), { recursive: true, mode: 0o700 });
  await made.catch(() => {});
}
