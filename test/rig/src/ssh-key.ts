import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { runOk } from "./command.ts";

export interface SshKey {
  readonly privateKeyFile: string;
  /** One line, as in `authorized_keys`. */
  readonly publicKey: string;
}

/** Makes a key pair without a passphrase in `directory`, which only root may enter. */
export async function createSshKey(directory: string): Promise<SshKey> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const privateKeyFile = join(directory, "id_ed25519");
  await runOk(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rig", "-f", privateKeyFile]);
  const publicKey = await readFile(`${privateKeyFile}.pub`, "utf8");
  return { privateKeyFile, publicKey: publicKey.trim() };
}
