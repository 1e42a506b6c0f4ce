import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, type Machine, startCluster } from "@fleet/rig";

const UNIT = "nginx.service";
const MOVED_WITHIN_MS = 60_000;

// A unit that conflicts with its own name is placed once, can be seen in both listings, and moves
// when its machine dies without a word.
describe("units/nginx.service", () => {
  let cluster: Cluster;
  let home: Machine;

  beforeAll(async () => {
    cluster = await startCluster({
      machines: 3,
      agentTtl: "5s",
      evidenceDirectory: "test-results/nginx",
    });
  });
  afterAll(async () => cluster?.[Symbol.asyncDispose]());

  const legend = (machine: Machine): string => `${machine.id.slice(0, 8)}.../${machine.address}`;
  const rows = (listing: string): readonly (readonly string[])[] =>
    listing
      .trim()
      .split("\n")
      .map((line) => line.split(/\t+/));

  test("is placed on one machine", async () => {
    await cluster.fleetctl("start", `units/${UNIT}`);
    home = cluster.machine(await cluster.untilActive(UNIT));
    const answer = await fetch(`http://${home.address}:8081/`);
    expect(await answer.text()).toBe(`nginx on ${home.hostname}\n`);
  });

  test("is shown by list-unit-files and list-units", async () => {
    expect(rows(await cluster.fleetctl("list-unit-files", "--no-legend"))).toEqual([
      [UNIT, expect.stringMatching(/^[0-9a-f]{7}$/), "launched", "launched", legend(home)],
    ]);
    expect(rows(await cluster.fleetctl("list-units", "--no-legend"))).toEqual([
      [UNIT, legend(home), "active", "running"],
    ]);
  });

  test("moves when its machine dies", async () => {
    await home.kill();
    await cluster.untilPresent(2);
    const after = cluster.machine(await cluster.untilActive(UNIT, { withinMs: MOVED_WITHIN_MS }));
    expect(after.name).not.toBe(home.name);
    const answer = await fetch(`http://${after.address}:8081/`);
    expect(await answer.text()).toBe(`nginx on ${after.hostname}\n`);
  });
});
