import { silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { entryOf, leadershipOf, M1, signal, WEB } from "../testing/fixtures.ts";
import { forwardingStore, silentWatch } from "../testing/forwarding-store.ts";
import { MemoryStore } from "./memory/index.ts";
import { openRegistry } from "./open-registry.ts";
import type { EngineWrite } from "./registry.ts";

const ASSIGN: EngineWrite = { kind: "assign", machine: M1, entry: entryOf(WEB) };
const FENCED = { written: 0, dropped: 0, fenced: true, revision: 0 };

test("a leader that has given up its lease writes nothing, though etcd still knows the key", async () => {
  const clock = new ManualClock();
  const store = new MemoryStore(clock);
  const leadership = await leadershipOf(
    openRegistry(store, { prefix: "/", clock, log: silentLogger }),
    M1,
  );
  store.disconnect();
  await clock.until("the loss is known", () => leadership.lost.aborted);
  store.reconnect();
  expect((await store.range({ start: "/lease/engine-leader" }, signal)).items.length).toBe(1);
  expect(await leadership.commit([ASSIGN], signal)).toEqual(FENCED);
  expect((await store.range({ start: "/", end: "0" }, signal)).items.length).toBe(1);
  await store.close();
});

test("a leader learns of its loss from a refused write, when no watch tells it", async () => {
  const clock = new ManualClock();
  const store = new MemoryStore(clock);
  const blind = forwardingStore(store, { watch: silentWatch });
  const registry = openRegistry(blind, { prefix: "/", clock, log: silentLogger });
  const leadership = await leadershipOf(registry, M1);
  await store.txn(
    { compare: [], success: [{ kind: "delete", key: "/lease/engine-leader" }] },
    signal,
  );
  expect(await leadership.commit([ASSIGN], signal)).toEqual(FENCED);
  expect(leadership.lost.aborted).toBe(true);
  await store.close();
});
