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
const WORKER = { etcd_username: "worker", etcd_password: "worker", disable_engine: true };
const WORKER_ID = "00000000000000000000000000000002";
const PREFIX = "/_coreos.com/fleet/";
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
    await addUsers();
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
      machines: [machine, { ...machine, id: WORKER_ID, fleetConf: WORKER }],
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

  /** A user for etcd itself, and two who may do what docs/deployment.md says and nothing else. */
  async function addUsers(): Promise<void> {
    await addUser("root", "secret");
    await addUser(USER.etcd_username, USER.etcd_password, [["readwrite", PREFIX]]);
    await addUser(WORKER.etcd_username, WORKER.etcd_password, [
      ["read", PREFIX],
      ["readwrite", `${PREFIX}machines/${WORKER_ID}/`],
      ["readwrite", `${PREFIX}states/${WORKER_ID}/`],
    ]);
    await etcdctl("auth", "enable");
  }

  async function addUser(
    name: string,
    password: string,
    permissions: readonly (readonly [kind: string, prefix: string])[] = [],
  ): Promise<void> {
    await etcdctl("user", "add", `${name}:${password}`);
    await etcdctl("role", "add", name);
    for (const [kind, prefix] of permissions)
      await etcdctl("role", "grant-permission", "--prefix=true", name, kind, prefix);
    await etcdctl("user", "grant-role", name, name);
  }

  /** While etcd elects a leader it answers nobody: then fleetctl fails, and is called again. */
  async function startUnit(name: string, more = ""): Promise<void> {
    await writeFile(file(name), `[Service]\nExecStart=/bin/sleep infinity\n${more}`);
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

  test("confines a machine to its own keys: it runs units, and changes nothing", async () => {
    await startUnit("three.service", `[X-Fleet]\nMachineID=${WORKER_ID}\n`);
    const via = cluster.machine(WORKER_ID);
    const { status } = await cluster.runFleetctl(["destroy", "three.service"], { via });
    expect(status).not.toBe(0);
    expect(await fleetLog(via)).toContain("permission denied");
    await cluster.fleetctl("destroy", "three.service");
    await untilMatch(
      "no unit is left there",
      () => cluster.fleetctl("list-units", "--fields=unit"),
      /^UNIT$(?![^]*three)/m,
    );
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
