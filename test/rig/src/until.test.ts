import { expect, test } from "vitest";

import { RigError } from "./rig-error.ts";
import { until } from "./until.ts";

test("a wait that takes too long says what it waited for and what it saw last", async () => {
  const waiting = until("the sun shines", () => ({ done: false, saw: "rain" }), {
    withinMs: 5,
    everyMs: 1,
  });
  await expect(waiting).rejects.toEqual(
    new RigError("waited 5 ms until the sun shines; last seen: rain"),
  );
});

test("a probe that throws is asked again", async () => {
  let asked = 0;
  const probe = (): { done: true; value: number } => {
    asked += 1;
    if (asked < 3) throw new Error("not yet");
    return { done: true, value: asked };
  };
  expect(await until("it works", probe, { everyMs: 1 })).toBe(3);
});
