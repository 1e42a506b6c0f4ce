// An etcd that takes two hundred milliseconds each way: all goes on, only later, and nobody is given up for lost.

import { startEtcd } from "@fleet/rig";
import { expect, test } from "vitest";

import { realClock, storeOn, untilTrue } from "./registry-under-test.ts";
import { openEtcdLink } from "./etcd-link.ts";
import { SmallCluster } from "./small-cluster.ts";

const DELAY_MS = 200;
const LONGER_THAN_A_LEASE_MS = 4_000;

test("a slow etcd costs time, but neither presence nor leadership, and stops nothing", async () => {
  await using etcd = await startEtcd();
  await using link = await openEtcdLink(etcd.endpoint);
  await using cluster = new SmallCluster(() => storeOn([link.endpoint]));
  await cluster.start();
  const web = await cluster.launch("web.service");
  await cluster.untilRuns(web);
  link.delayMs = DELAY_MS;
  const slowSinceMs = realClock.monotonicMs();
  await cluster.untilTakenIn();
  const isSlowForLong = () => realClock.monotonicMs() - slowSinceMs > LONGER_THAN_A_LEASE_MS;
  await untilTrue("every lease that is not kept alive is over", isSlowForLong);
  await cluster.untilTakenIn();
  expect([cluster.agent?.available, cluster.journalOf(web), cluster.logged]).toEqual([
    true,
    ["start"],
    [],
  ]);
  await cluster.stop();
  await cluster.start();
  await cluster.untilTakenIn();
  expect(cluster.journalOf(web)).toEqual(["start"]);
});
