// fleet's etcd user loses the right to write while daemons run, and gets it back.

import { parseUnitName } from "@fleet/core";
import { openEtcdStore } from "@fleet/registry/etcd";
import { startEtcd } from "@fleet/rig";
import { expect, test } from "vitest";

import { realClock, untilTrue } from "./registry-under-test.ts";
import { MACHINE, SmallCluster } from "./small-cluster.ts";

const { signal } = new AbortController();
const REASON = /permission denied/;
const LONGER_THAN_A_LEASE_MS = 4_000;
const EVERYTHING = { key: Buffer.from("\0").toString("base64"), range_end: "AA==" };

test("an etcd that only lets read stops nothing and loses nobody, and all goes on when it lets write", async () => {
  await using etcd = await startEtcd();
  let token = "";
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const headers = token === "" ? {} : { Authorization: token };
    const options = { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(`${etcd.endpoint}/v3/auth/${path}`, options);
    expect(answer.ok).toBe(true);
    return (await answer.json()) as Record<string, unknown>;
  };
  const allow = (permType: "READ" | "READWRITE"): Promise<unknown> =>
    post("role/grant", { name: "fleet", perm: { permType, ...EVERYTHING } });
  for (const name of ["root", "fleet"]) {
    await post("user/add", { name, password: "secret" });
    await post("role/add", { name });
    await post("user/grant", { user: name, role: name });
  }
  await allow("READWRITE");
  await post("enable", {});
  token = String((await post("authenticate", { name: "root", password: "secret" }))["token"]);

  const user = { username: "fleet", password: "secret", requestTimeoutMs: 1_000 };
  const open = () => openEtcdStore({ endpoints: [etcd.endpoint], clock: realClock, ...user });
  await using cluster = new SmallCluster(open);
  await cluster.start();
  const [web, db] = [await cluster.launch("web.service"), await cluster.launch("db.service")];
  await cluster.untilRuns(web, db);
  await allow("READ");
  const sinceMs = realClock.monotonicMs();
  await expect(cluster.launch("refused.service")).rejects.toThrow(REASON);
  cluster.systemd.crash(db);
  const toldOf = () => cluster.logged.filter((line) => REASON.test(line)).length;
  await untilTrue("the reason is told", () => toldOf() > 0);
  const isLong = () => realClock.monotonicMs() - sinceMs > LONGER_THAN_A_LEASE_MS;
  await untilTrue("every lease that is not kept alive is over", isLong);
  expect([cluster.agent?.available, cluster.runs(web), toldOf()]).toEqual([true, true, 1]);
  expect(await cluster.present()).toEqual([MACHINE]);
  await allow("READWRITE");
  await cluster.untilTakenIn();
  await cluster.untilPublished(db, "failed");
  const refused = await cluster.registry.unit(parseUnitName("refused.service"), signal);
  expect([refused, cluster.journalOf(web)]).toEqual([undefined, ["start"]]);
});
