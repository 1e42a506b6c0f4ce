import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { replaceFile } from "./replace-file.ts";

export const INSTANCE_FILE = ".instance";
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";

/** Tells this boot of the machine from every other. */
export async function readBootId(bootIdFile: string = BOOT_ID_FILE): Promise<string> {
  return (await readFile(bootIdFile, "utf8")).trim();
}

/**
 * The token by which this machine recognises its own presence after a crash of the daemon. It counts
 * for one boot: a disk can be copied, and the token on it must not let the copy, which has been
 * booted by itself, take over from a machine that runs.
 */
export async function instanceToken(
  unitsDirectory: string,
  bootIdFile: string = BOOT_ID_FILE,
): Promise<string> {
  const path = join(unitsDirectory, INSTANCE_FILE);
  const boot = await readBootId(bootIdFile);
  const known = (await readFile(path, "utf8").catch(() => "")).trim();
  if (known.startsWith(`${boot}.`)) return known;
  const token = `${boot}.${randomUUID()}`;
  await mkdir(unitsDirectory, { recursive: true, mode: 0o755 });
  await replaceFile(path, `${token}\n`);
  return token;
}
