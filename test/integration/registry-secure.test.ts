import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";

import { RegistryUnavailableError } from "@fleet/core";
import { type EtcdStoreOptions, openEtcdStore } from "@fleet/registry/etcd";
import { type Etcd, makeCertificates, startEtcd } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { LastingWatch, realClock, untilTrue } from "./registry-under-test.ts";

const { signal } = new AbortController();
/** What Node has warned of; of each deprecated thing it warns once. */
const warnings: Error[] = [];
process.on("warning", (warning) => warnings.push(warning));

function open(etcd: Etcd, more: Partial<EtcdStoreOptions>) {
  const { endpoint } = etcd;
  return openEtcdStore({
    endpoints: [endpoint],
    requestTimeoutMs: 1_000,
    clock: realClock,
    ...more,
  });
}

/** Reads, writes, watches and holds a lease. */
async function useAll(etcd: Etcd, more: Partial<EtcdStoreOptions>): Promise<void> {
  const store = open(etcd, more);
  try {
    const lease = await store.grantLease(3_000, signal);
    const put = { kind: "put", key: "a", value: "v", lease: lease.id } as const;
    const { revision } = await store.txn({ compare: [], success: [put] }, signal);
    let told = 0;
    const onEvents = (): void => void (told += 1);
    const watch = { start: "a", end: "b", fromRevision: revision, onLive: () => {}, onEvents };
    void store.watch(watch, signal);
    await untilTrue("the watch tells", () => told === 1);
    await lease.revoke(signal);
    expect((await store.range({ start: "a" }, signal)).items).toEqual([]);
  } finally {
    await store.close();
  }
}

describe("TLS", () => {
  let directory: string;
  let etcd: Etcd;
  const pem = (name: string) => readFile(join(directory, name));

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "fleet-tls-"));
    await makeCertificates(directory);
    const file = (name: string) => join(directory, name);
    const flags = [
      `--cert-file=${file("server.crt")}`,
      `--key-file=${file("server.key")}`,
      `--trusted-ca-file=${file("ca.crt")}`,
      "--client-cert-auth",
    ];
    etcd = await startEtcd({ scheme: "https", flags });
  });

  afterAll(async () => {
    await etcd.stop();
    await rm(directory, { recursive: true });
  });

  test("a client with a certificate and the right authority can do everything", async () => {
    const tls = {
      ca: await pem("ca.crt"),
      cert: await pem("client.crt"),
      key: await pem("client.key"),
    };
    await useAll(etcd, { tls });
  });

  test("a server of an unknown authority is refused, unless that was asked for", async () => {
    const own = { cert: await pem("client.crt"), key: await pem("client.key") };
    const strict = open(etcd, { tls: own });
    const refused = strict.range({ start: "a" }, signal);
    await expect(refused).rejects.toThrow(/certificate/);
    await expect(refused).rejects.toThrow(RegistryUnavailableError);
    await strict.close();
    await useAll(etcd, { tls: { ...own, verifyServer: false } });
  });

  test("a server is refused whose certificate is for another address", async () => {
    const { hostname, port: etcdPort } = new URL(etcd.endpoint);
    const elsewhere = createServer((socket) => {
      const there = connect(Number(etcdPort), hostname);
      pipeline(socket, there, socket, () => {});
    });
    await once(elsewhere.listen(0, "127.0.0.2"), "listening");
    const { port } = elsewhere.address() as AddressInfo;
    const own = { cert: await pem("client.crt"), key: await pem("client.key") };
    const tls = { ...own, ca: await pem("ca.crt") };
    const store = open(etcd, { tls, endpoints: [`https://127.0.0.2:${port}`] });
    await expect(store.range({ start: "a" }, signal)).rejects.toThrow(
      /IP: 127.0.0.2 is not in the cert's list/,
    );
    await store.close();
    elsewhere.close();
  });

  test("Node has nothing to warn of", () => {
    expect(warnings.map(({ message }) => message)).toEqual([]);
  });

  test("a client without a certificate is refused", async () => {
    const store = open(etcd, { tls: { ca: await pem("ca.crt") } });
    await expect(store.range({ start: "a" }, signal)).rejects.toThrow(RegistryUnavailableError);
    await store.close();
  });
});

describe("users", () => {
  const root = { username: "root", password: "secret" };
  let etcd: Etcd;

  beforeAll(async () => {
    etcd = await startEtcd();
    const post = async (path: string, body: object): Promise<void> => {
      const url = `${etcd.endpoint}/v3/auth/${path}`;
      const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
      expect(answer.ok).toBe(true);
    };
    await post("user/add", { name: root.username, password: root.password });
    await post("role/add", { name: "root" });
    await post("user/grant", { user: "root", role: "root" });
    await post("enable", {});
  });

  afterAll(() => etcd.stop());

  test("a user with the right password can do everything", async () => {
    await useAll(etcd, root);
  });

  test("a wrong password and no user at all are refused, with etcd's reason", async () => {
    for (const [user, reason] of [
      [{ ...root, password: "wrong" }, /authentication failed/],
      [{}, /user name is empty/],
    ] as const) {
      const store = open(etcd, user);
      await expect(store.range({ start: "a" }, signal)).rejects.toThrow(reason);
      await store.close();
    }
  });

  test("a token that etcd has forgotten is replaced, for requests, leases and watches", async () => {
    const store = open(etcd, root);
    const lease = await store.grantLease(5_000, signal);
    await etcd.restart();
    await untilTrue("the lease is kept alive again", () => lease.remainingMs() > 4_000);
    await store.range({ start: "a" }, signal);
    await etcd.restart();
    const stop = new AbortController();
    const watch = new LastingWatch();
    const watching = watch.run(store, stop.signal);
    await untilTrue("the watch is live", () => watch.live);
    stop.abort();
    await watching;
    await store.close();
  });
});
