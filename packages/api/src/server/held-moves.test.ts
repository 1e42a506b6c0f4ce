import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { holdMoves, join, machineOf } from "../../testing/cluster.ts";

test("nothing is held in a cluster that lost no machine", async () => {
  await using api = await ApiUnderTest.open();
  expect(await api.outcome("GET /fleet/v1/held-moves")).toBe('200 {"machines":[]}');
  expect(await api.outcome("DELETE /fleet/v1/held-moves")).toBe('200 {"machines":[]}');
});

test("what is held is shown, and given up but for those that are back", async () => {
  await using api = await ApiUnderTest.open();
  await holdMoves(api.registry, ["m1", "m2"]);
  expect(await api.outcome("GET /fleet/v1/held-moves")).toBe('200 {"machines":["m1","m2"]}');
  await join(api.registry, machineOf("m2"));
  expect(await api.outcome("DELETE /fleet/v1/held-moves")).toBe('200 {"machines":["m1"]}');
});
