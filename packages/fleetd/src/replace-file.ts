import { rename, writeFile } from "node:fs/promises";

/** Writes a file that only this user may read, whole or not at all. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}
