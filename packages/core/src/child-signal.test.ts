import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { childOf } from "./child-signal.ts";

test.for([0, 1])(
  "a child ends with any of its parents, for that one's reason: number %i",
  (which) => {
    const parents = [new AbortController(), new AbortController()];
    const child = childOf(...parents.map(({ signal }) => signal));
    expect(child.signal.aborted).toBe(false);
    parents[which]?.abort("lost");
    expect(child.signal.reason).toBe("lost");
    expect(parents.flatMap(({ signal }) => getEventListeners(signal, "abort"))).toEqual([]);
  },
);

test("one whose parent is over is so from the start, and leaves nothing on the other", () => {
  const other = new AbortController();
  const child = childOf(other.signal, AbortSignal.abort("lost"));
  expect(child.signal.reason).toBe("lost");
  expect(getEventListeners(other.signal, "abort")).toEqual([]);
});

test("one that ends alone, or is disposed of, leaves its parents alone", () => {
  const parent = new AbortController();
  const child = childOf(parent.signal);
  child.end(new Error("too late"));
  expect(child.signal.reason).toEqual(new Error("too late"));
  {
    using scoped = childOf(parent.signal);
    expect(scoped.signal.aborted).toBe(false);
  }
  expect(getEventListeners(parent.signal, "abort")).toEqual([]);
  expect(parent.signal.aborted).toBe(false);
});
