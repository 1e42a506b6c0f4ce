// An etcd whose space is used up refuses to write and goes on reading: nobody is lost, nothing stops, one line says
// why, and when there is room again all goes on by itself.

import { parseUnitName } from "@fleet/core";
import { type Etcd, startEtcd } from "@fleet/rig";
import { expect, test } from "vitest";

import { realClock, storeOn, untilTrue } from "./registry-under-test.ts";
import { MACHINE, SmallCluster } from "./small-cluster.ts";

const { signal } = new AbortController();
const QUOTA_BYTES = 16 << 20;
const VALUE_BYTES = 1 << 20;
const REASON = /database space exceeded/;
const LONGER_THAN_A_LEASE_MS = 4_000;

/** etcd's gateway for those without gRPC. */
async function post(etcd: Etcd, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${etcd.endpoint}/v3/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const FILLING = base64("filling");

async function fill(etcd: Etcd): Promise<void> {
  const value = base64("x".repeat(VALUE_BYTES));
  for (let puts = 0; puts <= (2 * QUOTA_BYTES) / VALUE_BYTES; puts += 1) {
    const { error } = await post(etcd, "kv/put", { key: FILLING, value });
    if (String(error).includes("database space exceeded")) return;
  }
  throw new Error("etcd is not full");
}

/** What etcd's documentation has people do: compact, defragment, end the alarm. */
async function makeRoom(etcd: Etcd): Promise<void> {
  const { header } = await post(etcd, "kv/deleterange", { key: FILLING });
  const { revision } = header as { revision: string };
  await post(etcd, "kv/compaction", { revision, physical: true });
  await post(etcd, "maintenance/defragment", {});
  const { alarms } = await post(etcd, "maintenance/alarm", { action: "GET" });
  for (const alarm of alarms as object[]) {
    await post(etcd, "maintenance/alarm", { ...alarm, action: "DEACTIVATE" });
  }
}

test("a full etcd stops nothing and loses nobody, and all goes on by itself when it has room", async () => {
  await using etcd = await startEtcd({ flags: [`--quota-backend-bytes=${QUOTA_BYTES}`] });
  await using cluster = new SmallCluster(() => storeOn([etcd.endpoint]));
  await cluster.start();
  const [web, db] = [await cluster.launch("web.service"), await cluster.launch("db.service")];
  await cluster.untilRuns(web, db);
  await fill(etcd);
  const fullSinceMs = realClock.monotonicMs();
  await expect(cluster.launch("refused.service")).rejects.toThrow(REASON);
  cluster.systemd.crash(db);
  const toldOf = (): readonly string[] => cluster.logged.filter((line) => REASON.test(line));
  await untilTrue("the reason is told", () => toldOf().length > 0);
  const isFullForLong = () => realClock.monotonicMs() - fullSinceMs > LONGER_THAN_A_LEASE_MS;
  await untilTrue("every lease that is not kept alive is over", isFullForLong);
  expect([cluster.agent?.available, cluster.runs(web), toldOf().length]).toEqual([true, true, 1]);
  expect(await cluster.present()).toEqual([MACHINE]);

  await makeRoom(etcd);
  await cluster.untilTakenIn();
  await cluster.untilPublished(db, "failed");
  const refused = await cluster.registry.unit(parseUnitName("refused.service"), signal);
  expect([refused, cluster.journalOf(web)]).toEqual([undefined, ["start"]]);
});
