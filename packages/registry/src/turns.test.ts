import { expect, test } from "vitest";

import { Turns } from "./turns.ts";

test("tasks run one after the other, and one that fails holds up none", async () => {
  const turns = new Turns();
  const events: string[] = [];
  let finish: () => void = () => {};
  const first = turns.take(async () => {
    events.push("first");
    await new Promise<void>((resolve) => (finish = resolve));
    throw new Error("broken");
  });
  const second = turns.take(async () => void events.push("second"));
  await Promise.resolve();
  expect(events).toEqual(["first"]);
  finish();
  await expect(first).rejects.toThrow("broken");
  await second;
  expect(events).toEqual(["first", "second"]);
});
