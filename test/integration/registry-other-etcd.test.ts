import { type MachineId, silentLogger } from "@fleet/core";
import { type EtcdMark, openRegistry, type Registry } from "@fleet/registry";
import { startEtcd } from "@fleet/rig";
import { expect, test } from "vitest";

import { realClock, storeOn } from "./registry-under-test.ts";

const { signal } = new AbortController();
const PREFIX = "/fleet/";
const MACHINE = {
  id: "11111111111111111111111111111111" as MachineId,
  publicIp: "",
  hostname: "",
  metadata: new Map(),
  version: "2.0.0",
  engineDisabled: false,
};

/** A process that works with the etcd at `endpoint`, and what it notes for the next. */
function processOn(endpoint: string, known: EtcdMark | undefined) {
  const noted: EtcdMark[] = [];
  const memory = { known, note: (mark: EtcdMark) => void noted.push(mark), wayOut: "delete FILE" };
  const options = { prefix: PREFIX, clock: realClock, log: silentLogger, memory };
  return { registry: openRegistry(storeOn([endpoint]), options), noted };
}

function announceOn(registry: Registry) {
  return registry.announce({ machine: MACHINE, instance: "i", ttlMs: 3_000 }, signal);
}

test("a process that finds another etcd than the last one did writes nothing to it", async () => {
  await using before = await startEtcd();
  const first = processOn(before.endpoint, undefined);
  await announceOn(first.registry);
  await first.registry.close();
  const mark = first.noted.at(-1);
  const restarted = processOn(before.endpoint, mark);
  await announceOn(restarted.registry);
  await restarted.registry.close();

  await using fresh = await startEtcd();
  const misled = processOn(fresh.endpoint, mark);
  await expect(announceOn(misled.registry)).rejects.toThrow(/is cluster .* delete FILE$/);
  await misled.registry.close();
  const emptied = processOn(fresh.endpoint, {
    cluster: (await storeOn([fresh.endpoint]).range({ start: "a" }, signal)).cluster,
    revision: 900,
  });
  await expect(announceOn(emptied.registry)).rejects.toThrow(/is at revision 1 and was at 900/);
  await emptied.registry.close();
  expect((await storeOn([fresh.endpoint]).range({ start: "a" }, signal)).revision).toBe(1);
});
