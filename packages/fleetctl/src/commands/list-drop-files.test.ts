import { type MachineId, parseUnitFile, type UnitHash, unitHash } from "@fleet/core";
import { expect, test } from "vitest";

import { TestCluster } from "../../testing/index.ts";

const { signal } = new AbortController();
const FILE = parseUnitFile("[Service]\nExecStart=/bin/web\n");
const HASH: UnitHash = unitHash(FILE);

async function record(
  cluster: TestCluster,
  machine: string,
  name: string,
  problem?: string,
): Promise<void> {
  const id = machine as MachineId;
  const [seen] = await cluster.registry.dropViews(id, [name], signal);
  if (seen === undefined) throw new Error("nothing is seen");
  const submitted = { hash: HASH, targetState: "launched" } as const;
  const made = name === "web.service" ? { submitted } : {};
  const outcome = { machine: id, name, seen, record: { ...made, ...(problem && { problem }) } };
  await cluster.registry.commitDrop(outcome, signal);
}

/** The unit that a record speaks of, made by that machine's directory. */
async function make(cluster: TestCluster, machine: string, name: string): Promise<void> {
  const id = machine as MachineId;
  const [seen] = await cluster.registry.dropViews(id, [name], signal);
  if (seen === undefined) throw new Error("nothing is seen");
  const change = { kind: "store", file: FILE, targetState: "launched", directories: [id] } as const;
  const outcome = { submitted: { hash: HASH, targetState: "launched" } } as const;
  await cluster.registry.commitDrop({ machine: id, name, seen, change, record: outcome }, signal);
}

test("every machine's files are listed, each with what it asked for and why it has no effect", async () => {
  await using cluster = await TestCluster.open();
  await make(cluster, "bbbbbbbbbbbb", "web.service");
  await record(cluster, "aaaaaaaaaaaa", "web.service", "the file has no options");
  await record(cluster, "aaaaaaaaaaaa", "my app.service", "invalid character ' ' in unit name");
  const { status, stdout } = await cluster.run("list-drop-files");
  expect(status).toBe(0);
  const rows = stdout.split("\n").map((line) => line.split(/\t+/));
  const hash = HASH.slice(0, 7);
  expect(rows).toEqual([
    ["FILE", "MACHINE", "DSTATE", "HASH", "PROBLEM"],
    ["my app.service", "aaaaaaaa...", "-", "-", "invalid character ' ' in unit name"],
    ["web.service", "aaaaaaaa...", "launched", hash, "the file has no options"],
    ["web.service", "bbbbbbbb...", "launched", hash, "-"],
    [""],
  ]);
});

test("a file whose unit a person destroyed says so", async () => {
  await using cluster = await TestCluster.open();
  await make(cluster, "bbbbbbbbbbbb", "web.service");
  expect(await cluster.run("destroy", "web")).toEqual({
    status: 0,
    stdout: "Destroyed web.service\n",
    stderr:
      "WARNING: Unit web.service comes back unless its file in the drop directory of bbbbbbbb... is removed.\n",
  });
  const argv = ["list-drop-files", "--no-legend", "--fields=file,problem"];
  expect((await cluster.run(...argv)).stdout.trimEnd().split(/\t+/)).toEqual([
    "web.service",
    "its unit was destroyed: it comes back when the file changes or fleetd starts there again",
  ]);
});

test("whole IDs and hashes are shown when asked for, and the fields that are asked for", async () => {
  await using cluster = await TestCluster.open();
  await record(cluster, "bbbbbbbbbbbb", "web.service");
  const argv = ["list-drop-files", "--full", "--no-legend", "--fields=machine,hash"];
  expect((await cluster.run(...argv)).stdout).toBe(`bbbbbbbbbbbb\t${HASH}\n`);
});

test.for([
  ["--full", "b".repeat(32), "c".repeat(32)],
  [undefined, "bbbbbbbb...", "cccccccc..."],
] as const)("a problem names machines as the listing does: %s", async ([flag, one, other]) => {
  await using cluster = await TestCluster.open();
  const others = ["b", "c"].map((digit) => digit.repeat(32)).join(", ");
  await record(cluster, "aaaaaaaaaaaa", "web.service", `made from another file by ${others}`);
  const argv = ["list-drop-files", "--no-legend", "--fields=problem", ...(flag ? [flag] : [])];
  expect((await cluster.run(...argv)).stdout).toBe(`made from another file by ${one}, ${other}\n`);
});

test("a cluster without dropped files has an empty list", async () => {
  await using cluster = await TestCluster.open();
  expect((await cluster.run("list-drop-files", "--no-legend")).stdout).toBe("");
});
