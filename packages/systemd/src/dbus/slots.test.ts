import { SystemdError } from "@fleet/core";
import { expect, test } from "vitest";

import { Slots } from "./slots.ts";

const { signal } = new AbortController();

test("no more than the limit are under way; who comes first is served first", async () => {
  const slots = new Slots({ limit: 2, waitingLimit: 10 });
  const served: number[] = [];
  const asking = [1, 2, 3, 4].map(async (number) => {
    await slots.acquire(signal);
    served.push(number);
  });
  await Promise.all(asking.slice(0, 2));
  expect(served).toEqual([1, 2]);
  slots.release();
  await asking[2];
  slots.release();
  await asking[3];
  expect(served).toEqual([1, 2, 3, 4]);
});

test("too many that wait are refused at once", async () => {
  const slots = new Slots({ limit: 1, waitingLimit: 1 });
  await slots.acquire(signal);
  const waiting = slots.acquire(signal);
  await expect(slots.acquire(signal)).rejects.toThrow(SystemdError);
  slots.release();
  await waiting;
});

test("who gives up leaves its place to the next, even when its turn has just come", async () => {
  const slots = new Slots({ limit: 1, waitingLimit: 10 });
  await slots.acquire(signal);
  const early = new AbortController();
  const late = new AbortController();
  const waiting = [slots.acquire(early.signal), slots.acquire(late.signal)];
  const last = slots.acquire(signal);
  early.abort(new Error("gave up"));
  late.abort(new Error("gave up late"));
  slots.release();
  await expect(waiting[0]).rejects.toThrow("gave up");
  await expect(waiting[1]).rejects.toThrow("gave up late");
  await last;
});
