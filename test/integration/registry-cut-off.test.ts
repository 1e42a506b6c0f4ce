import { setTimeout as sleep } from "node:timers/promises";

import { type Machine, type MachineId, silentLogger } from "@fleet/core";
import { openRegistry, type Registry } from "@fleet/registry";
import { RecordingClusterSink } from "@fleet/registry/testing";
import { type Etcd, startEtcd } from "@fleet/rig";
import { expect, test, type TestContext } from "vitest";

import { LossyAddress } from "./packet-loss.ts";
import { realClock, storeOn, untilTrue } from "./registry-under-test.ts";

const { signal } = new AbortController();
const TTL_MS = 30_000;
const BACK_MS_MAX = 3_500;
/** TCP repeats what was lost after 6 s, then only after 13 s. */
const HUNG_MS = 7_500;
/** It tries for a connection after 7 s, or 11 s where it is younger, then only after 15 s, or 19 s. */
const UNOPENED_MS = 11_200;

const [OWN, ANOTHER] = [machine("1"), machine("2")];

function machine(digit: string): Machine {
  const id = digit.repeat(32) as MachineId;
  const metadata = new Map<string, string>();
  return { id, publicIp: "", hostname: "", metadata, version: "2.0.0", engineDisabled: false };
}

/** An etcd with two addresses, one of which packets may get lost on. */
async function etcdBehindLoss({
  onTestFinished,
}: TestContext): Promise<{ lossy: LossyAddress; safe: string }> {
  const etcd: Etcd = await startEtcd({ listen: { host: "0.0.0.0" } });
  const { port } = new URL(etcd.endpoint);
  const lossy = new LossyAddress("127.0.0.2", Number(port));
  onTestFinished(async () => {
    await lossy.heal();
    await etcd.stop();
  });
  return { lossy, safe: `http://127.0.0.1:${port}` };
}

function registryOn(endpoint: string, { onTestFinished }: TestContext): Registry {
  const options = { prefix: "/fleet/", clock: realClock, log: silentLogger };
  const registry = openRegistry(storeOn([endpoint]), options);
  onTestFinished(() => registry.close());
  return registry;
}

/** Does it again and again until it succeeds. */
async function insist<Result>(what: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await what();
    } catch {
      await sleep(100);
    }
  }
}

const read = (registry: Registry) => insist(() => registry.leader(signal));
const announce = (registry: Registry, who: Machine) =>
  insist(() => registry.announce({ machine: who, instance: "i", ttlMs: TTL_MS }, signal));

test.concurrent("a connection that packets were lost on for long is soon replaced", async (context) => {
  const { lossy, safe } = await etcdBehindLoss(context);
  const [registry, others] = [registryOn(lossy.endpoint, context), registryOn(safe, context)];
  const presence = await announce(registry, OWN);
  const view = new RecordingClusterSink();
  void registry.watchCluster(view, signal);
  await untilTrue("the view is current", () => view.isLive === true);
  await lossy.cut();
  const answered = read(registry);
  await announce(others, ANOTHER);
  await sleep(HUNG_MS);
  const [healedAtMs, heldMs] = [performance.now(), presence.remainingMs()];
  await lossy.heal();
  const backMs = { answer: Infinity, watch: Infinity, lease: Infinity };
  const sinceMs = (): number => performance.now() - healedAtMs;
  void answered.then(() => (backMs.answer = sinceMs()));
  await untilTrue("all is back", () => {
    const heard = view.told.some((change) => change.kind === "machine" && change.id === ANOTHER.id);
    if (heard && view.isLive) backMs.watch = Math.min(backMs.watch, sinceMs());
    if (presence.remainingMs() > heldMs) backMs.lease = Math.min(backMs.lease, sinceMs());
    return Math.max(...Object.values(backMs)) < Infinity;
  });
  expect(Math.max(...Object.values(backMs))).toBeLessThan(BACK_MS_MAX);
});

test.concurrent("a connection that could not be opened for long is opened soon after", async (context) => {
  const { lossy } = await etcdBehindLoss(context);
  const registry = registryOn(lossy.endpoint, context);
  await lossy.cut();
  const announced = announce(registry, OWN);
  await sleep(UNOPENED_MS);
  await lossy.heal();
  const healedAtMs = performance.now();
  await announced;
  expect(performance.now() - healedAtMs).toBeLessThan(BACK_MS_MAX);
});
