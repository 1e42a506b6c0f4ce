import { Latch, silentLogger, type MachineId } from "@fleet/core";
import { MemoryStore } from "@fleet/registry/memory";
import { expect, test } from "vitest";
import { AT_ONCE_MS, EngineBench, LEASE_TTL_MS } from "../testing/engine-bench.ts";
import { Feed } from "./feed.ts";
import { silentObserver } from "./observer.ts";
import { Report } from "./report.ts";
import { Steward } from "./steward.ts";

const WEB = "web.service";

test("an audit ends a move although it was overlooked that it could end, and says so", async () => {
  const bench = new EngineBench();
  await bench.machine("a");
  const b = await bench.machine("b");
  await bench.submit(WEB);
  bench.place(WEB, "b");
  const mark = JSON.stringify({ hash: await bench.hashOf(WEB), step: "keep" });
  bench.write(`leaving/${WEB}/a`, mark);
  const { steward, warnings } = await stewardOf(bench);
  expect(await steward.pass(bench.signal)).toBe("done");
  await bench.says(b, WEB, "active");
  await bench.clock.advance(AT_ONCE_MS);
  expect(steward.cluster.leaving.takeTouched()).toEqual([WEB]);
  expect(await steward.pass(bench.signal)).toBe("done");
  expect(bench.keys("leaving/")).toHaveLength(1);
  expect(await steward.audit(bench.signal)).toBe("done");
  expect(bench.keys("leaving/")).toEqual([]);
  expect(warnings).toEqual(["audit found work that no change had announced"]);
  await bench.close();
});

async function stewardOf(bench: EngineBench) {
  const { clock, moves, signal } = bench;
  const registry = bench.open(new MemoryStore(clock, bench.etcd));
  const campaign = { machine: "m1" as MachineId, ttlMs: LEASE_TTL_MS, onLeader: () => {} };
  const leadership = await registry.campaign(campaign, signal);
  const feed = new Feed(new Latch());
  void registry.watchCluster(feed, signal);
  await clock.until("the feed is current", () => feed.current);
  const warnings: string[] = [];
  const warn = (_: unknown, message: string): void => void warnings.push(message);
  const report = new Report({ ...silentLogger, warn }, silentObserver);
  const snapshot = feed.takeSnapshot();
  if (snapshot === undefined) throw new Error("there is no snapshot");
  const deps = { leadership, registry, feed, clock, report, moves };
  return { steward: new Steward(snapshot, deps, signal), warnings };
}
