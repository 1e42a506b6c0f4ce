import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_DIRECTORY } from "@fleet/rig";
import { onTestFinished } from "vitest";

/** Where the scenarios' unit files are; their fleetctl runs there, so that `hello.service` names a file. */
export const FIXTURES = join(PROJECT_DIRECTORY, "test/fixtures/units");

/** The text of one of the scenarios' unit files. */
export function fixture(name: string): string {
  return readFileSync(join(FIXTURES, name), "utf8");
}

/** A directory that is removed after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "fleet-scenario-"));
  onTestFinished(async () => rm(directory, { recursive: true, force: true }));
  return directory;
}
