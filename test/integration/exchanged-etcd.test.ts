// The way to etcd suddenly leads to another cluster, whose revision is higher and which knows nothing of our units.

import { startEtcd } from "@fleet/rig";
import { expect, test } from "vitest";

import { openEtcdLink } from "./etcd-link.ts";
import { storeOn, untilTrue } from "./registry-under-test.ts";
import { PREFIX, SmallCluster } from "./small-cluster.ts";

const { signal } = new AbortController();
const REVISIONS_AHEAD = 200;
const EVERYTHING = { start: " ", end: "~" } as const;

test("another cluster's etcd is named, changes nothing here, and nothing is written to it", async () => {
  await using own = await startEtcd();
  await using other = await startEtcd();
  const theirs = storeOn([other.endpoint]);
  const put = { kind: "put", key: `${PREFIX}machines/theirs/metadata/a`, value: "b" } as const;
  for (let puts = 0; puts < REVISIONS_AHEAD; puts += 1) {
    await theirs.txn({ compare: [], success: [put] }, signal);
  }
  const before = await theirs.range(EVERYTHING, signal);
  expect(before.items).toHaveLength(1);
  await using link = await openEtcdLink(own.endpoint);
  await using cluster = new SmallCluster(() => storeOn([link.endpoint]));
  await cluster.start();
  const web = await cluster.launch("web.service");
  await cluster.untilRuns(web);
  link.leadTo(other.endpoint);
  const toldOf = () =>
    cluster.logged.filter((line) => /^etcd is cluster .* and was cluster /.test(line)).length;
  await untilTrue("it is named, and the API is closed", () => {
    return toldOf() > 0 && cluster.agent?.available === false;
  });
  await expect(cluster.launch("new.service")).rejects.toThrow(
    /it was reset, restored or exchanged/,
  );
  const after = await theirs.range(EVERYTHING, signal);
  expect(after.items).toEqual(before.items);
  await theirs.close();

  link.leadTo(own.endpoint);
  await cluster.stop();
  await cluster.start();
  await untilTrue("it runs on", () => cluster.runs(web));
  expect(cluster.journalOf(web)).toEqual(["start"]);
});
