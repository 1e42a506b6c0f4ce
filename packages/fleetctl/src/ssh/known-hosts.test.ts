import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { makeKnownHostsDirectory } from "./known-hosts.ts";

const SETTINGS = { user: "core", connectTimeoutSeconds: 1 };

test("the directory of known hosts is made, for its owner only", async () => {
  const home = await mkdtemp(join(tmpdir(), "fleetctl-test-"));
  onTestFinished(async () => rm(home, { recursive: true }));
  const knownHostsFile = join(home, "a/b/known_hosts");
  await makeKnownHostsDirectory({ ...SETTINGS, knownHostsFile });
  await makeKnownHostsDirectory({ ...SETTINGS, knownHostsFile });
  const { mode } = await stat(dirname(knownHostsFile));
  expect((mode & 0o777).toString(8)).toBe("700");
});

test.for([undefined, "/dev/null/known_hosts"])("with %s for the file all goes on", async (file) => {
  await expect(
    makeKnownHostsDirectory({ ...SETTINGS, knownHostsFile: file }),
  ).resolves.toBeUndefined();
});
