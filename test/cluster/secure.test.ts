import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Cluster,
  type EtcdCluster,
  type Machine,
  makeCertificates,
  type Rig,
  runOk,
  startCluster,
  startEtcdCluster,
  startRig,
  until,
} from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fleetLog } from "./support/service-state.ts";

const TOKEN_TTL_S = 3;
const USER = { etcd_username: "fleet", etcd_password: "a#b;c" };
const CERTIFICATES = "/etc/fleet/tls";

// Three etcd that let in nobody without a certificate and a password, and whose tokens last three seconds: what
// fleet.conf says of it has to reach the registry of a real daemon.
describe("an etcd of three members behind certificates and passwords", () => {
  let rig: Rig;
  let etcd: EtcdCluster;
  let cluster: Cluster;
  let directory: string;
  const file = (name: string): string => join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "fleet-secure-"));
    rig = await startRig();
    const host = rig.network.hostAddress;
    await makeCertificates(directory, [host]);
    etcd = await startEtcdCluster(3, {
      listen: { host },
      scheme: "https",
      flags: [
        ...["cert", "key"].map((kind) => `--${kind}-file=${file(serverFile(kind))}`),
        `--trusted-ca-file=${file("ca.crt")}`,
        "--client-cert-auth",
        `--auth-token=jwt,pub-key=${file("server.crt")},priv-key=${file("server.key")},sign-method=ES256,ttl=${TOKEN_TTL_S}s`,
      ],
    });
    await letInOneUser();
    const names = ["ca.crt", "client.crt", "client.key"];
    const files = names.map(async (name) => [
      `${CERTIFICATES}/${name}`,
      await readFile(file(name), "utf8"),
    ]);
    const machine = {
      files: Object.fromEntries(await Promise.all(files)) as Record<string, string>,
    };
    cluster = await startCluster({
      rig,
      machines: [machine, machine],
      agentTtl: "5s",
      fleetConf: {
        etcd_servers: etcd.endpoints,
        etcd_cafile: `${CERTIFICATES}/ca.crt`,
        etcd_certfile: `${CERTIFICATES}/client.crt`,
        etcd_keyfile: `${CERTIFICATES}/client.key`,
        ...USER,
      },
      evidenceDirectory: "test-results/secure",
    });
  });
  afterAll(async () => {
    await etcd?.[Symbol.asyncDispose]();
    await (cluster ?? rig)?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  async function etcdctl(...args: readonly string[]): Promise<string> {
    const tls = [`--cacert=${file("ca.crt")}`, `--cert=${file("client.crt")}`];
    const argv = [`--endpoints=${etcd.endpoints.join(",")}`, ...tls, `--key=${file("client.key")}`];
    return runOk(["etcdctl", ...argv, ...args], { env: { ...process.env, ETCDCTL_API: "3" } });
  }

  /** A user for etcd itself, and one that may use fleet's keys and no others, as docs/deployment.md says. */
  async function letInOneUser(): Promise<void> {
    await etcdctl("user", "add", "root:secret");
    await etcdctl("user", "grant-role", "root", "root");
    await etcdctl("role", "add", "fleet");
    const keys = ["--prefix=true", "fleet", "readwrite", "/_coreos.com/fleet/"];
    await etcdctl("role", "grant-permission", ...keys);
    await etcdctl("user", "add", `${USER.etcd_username}:${USER.etcd_password}`);
    await etcdctl("user", "grant-role", "fleet", "fleet");
    await etcdctl("auth", "enable");
  }

  /** While etcd elects a leader it answers nobody: then fleetctl fails, and is called again. */
  async function startUnit(name: string): Promise<void> {
    await writeFile(file(name), "[Service]\nExecStart=/bin/sleep infinity\n");
    await until(`${name} is started`, async () => {
      const { status, stderr } = await cluster.runFleetctl(["start", file(name)]);
      return status === 0 ? { done: true, value: undefined } : { done: false, saw: stderr };
    });
    await cluster.untilActive(name);
  }

  /** How often etcd has been shown a good password. */
  async function logins(): Promise<number> {
    const tls = [
      "--cacert",
      file("ca.crt"),
      "--cert",
      file("client.crt"),
      "--key",
      file("client.key"),
    ];
    const counts = etcd.endpoints.map(async (endpoint) => {
      const metrics = await runOk(["curl", "--silent", ...tls, `${endpoint}/metrics`]);
      return Number(
        /^grpc_server_handled_total\{grpc_code="OK",grpc_method="Authenticate".* (\d+)$/m.exec(
          metrics,
        )?.[1],
      );
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  test("runs units, and the daemons get new tokens when theirs are over", async () => {
    await startUnit("one.service");
    const before = await logins();
    await until("either daemon has shown its password again", async () => {
      for (const via of cluster.machines) await cluster.runFleetctl(["list-units"], { via });
      const more = (await logins()) - before;
      return more >= 2 * cluster.machines.length
        ? { done: true, value: more }
        : { done: false, saw: String(more) };
    });
    await startUnit("two.service");
  });

  test("is one etcd as long as two members answer, whichever they are", async () => {
    for (const [index, member] of etcd.members.entries()) {
      await member.kill();
      await startUnit(`without-${index}.service`);
      await member.restart();
    }
    await cluster.untilPresent(2);
  });

  test("is not believed without its authority, unless that was asked for, loudly", async () => {
    const [home] = cluster.machines as [Machine];
    const status = ["systemctl", "show", "--property=StatusText", "--value", "fleet"];
    const change = (expression: string) =>
      home.exec("sed", "-i", expression, "/etc/fleet/fleet.conf");
    await change("/^etcd_cafile/d");
    await home.exec("systemctl", "restart", "fleet");
    await untilMatch(
      "it says why it has no etcd",
      () => fleetLog(home),
      /self.signed certificate|unable to verify/,
    );
    await change("1i etcd_insecure_skip_verify=true");
    await home.exec("systemctl", "restart", "fleet");
    await untilMatch("it is in the cluster", () => home.exec(...status), /^In the cluster$/m);
    expect(await fleetLog(home)).toContain("etcd's certificate is NOT verified");
  });
});

async function untilMatch(
  what: string,
  probe: () => Promise<string>,
  wanted: RegExp,
): Promise<void> {
  await until(what, async () => {
    const saw = await probe();
    return wanted.test(saw) ? { done: true, value: undefined } : { done: false, saw };
  });
}

function serverFile(kind: string): string {
  return kind === "cert" ? "server.crt" : "server.key";
}
