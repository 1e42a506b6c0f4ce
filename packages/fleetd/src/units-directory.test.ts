import { expect, test } from "vitest";
import { moveUnitsDirectory, unitsOptions } from "./units-directory.ts";

const CLUSTER = {
  units_directory: "/run/a",
  systemd_user: false,
  etcd_key_prefix: "/fleet/",
  etcd_servers: ["http://a:1", "http://b:1"],
};

test.for<[change: string, other: Partial<typeof CLUSTER>, same: boolean]>([
  ["the order of its etcd members", { etcd_servers: ["http://b:1", "http://a:1"] }, true],
  ["other etcd members", { etcd_servers: ["http://c:1"] }, false],
  ["another prefix", { etcd_key_prefix: "/other/" }, false],
])("%s: these are units of the same cluster, or not", ([, other, same]) => {
  expect(unitsOptions({ ...CLUSTER, ...other }).owner === unitsOptions(CLUSTER).owner).toBe(same);
});

test("what lies beside the units is kept where they are, also when they cannot move", async () => {
  const done: string[] = [];
  const note = (who: string) => (directory: string) => void done.push(`${who} ${directory}`);
  const users = { etcdMark: { moved: note("etcd") }, leaseFile: { moved: note("lease") } };
  const moveTo = async (directory: string): Promise<void> => {
    if (directory === "/full") throw new Error("full");
    done.push(`units ${directory}`);
  };
  await expect(moveUnitsDirectory("/full", { units: { moveTo }, ...users })).rejects.toThrow();
  expect(done).toEqual([]);
  await moveUnitsDirectory("/new", { units: { moveTo }, ...users });
  expect(done).toEqual(["units /new", "etcd /new", "lease /new"]);
});
