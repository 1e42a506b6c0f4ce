import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const INSTANCE_FILE = ".instance";

/**
 * The token by which this machine recognises its own presence after a crash of the daemon. Kept
 * beside the unit files, so it lasts as long as what fleet runs here; a cloned machine has another.
 */
export async function instanceToken(unitsDirectory: string): Promise<string> {
  const path = join(unitsDirectory, INSTANCE_FILE);
  const known = await readFile(path, "utf8").catch(() => "");
  if (known.trim() !== "") return known.trim();
  const token = randomUUID();
  await mkdir(unitsDirectory, { recursive: true, mode: 0o755 });
  await writeFile(`${path}.new`, `${token}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return token;
}
