import { afterEach, beforeEach, expect, test } from "vitest";

import { TestCluster } from "../../testing/index.ts";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.open();
  await cluster.join("m1");
  cluster.cast("a.service", () => ["inactive dead"]);
  cluster.adorn("a.service", { currentState: "inactive" });
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** A unit whose machine is not present any more, and that has not moved. */
async function heldBack(text: string): Promise<void> {
  await cluster.put("a.service", "launched", text);
  await cluster.leave("m1");
  await cluster.join("m2");
}

test.for([
  ["[Service]\n", "the unit waits for its return"],
  ["[X-Fleet]\nMoveAfter=1h\n", "the unit waits for its return for as long as its MoveAfter= says"],
] as const)("of a unit whose machine is silent it is told: %j", async ([text, reason]) => {
  await heldBack(text);
  expect((await cluster.run("status", "a")).stderr).toContain(
    `It was on m1..., which is away, and ${reason}.`,
  );
  const { stderr } = await cluster.run("start", "--timeout=4s", "a");
  expect(stderr).toContain(`m1... is away, and ${reason}`);
});
