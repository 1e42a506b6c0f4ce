import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, type Machine, startCluster, until } from "@fleet/rig";
import { etcdValue } from "./support/etcd-value.ts";

const WEB = ["apache.service", "etcd-amb-apache.service", "apache-docker-reg.service"];
const FRONT = ["etcd-amb-apache2.service", "apache-dyn-amb.service", "haproxy.service"];
const KEY = "/services/apache-A/apache.service";
const HAPROXY_PORT = 8080;
const SETTLED_WITHIN_MS = 60_000;

// Three real machines run the classic ambassador tutorial: a web server that may be anywhere, and
// a front that follows it. The web server's machine goes down, first in good order, then without a
// word; the page must come back through the same HAProxy.
describe("the ambassador example", () => {
  let cluster: Cluster;
  let front: Machine;
  let haproxyPid: string;

  beforeAll(async () => {
    cluster = await startCluster({
      machines: 3,
      agentTtl: "5s",
      evidenceDirectory: "test-results/ambassador",
    });
  });
  afterAll(async () => cluster?.[Symbol.asyncDispose]());

  const machineOf = async (unit: string): Promise<Machine> =>
    cluster.machine(await cluster.untilActive(unit, { withinMs: SETTLED_WITHIN_MS }));

  /** Resolves when the page comes from the machine that runs apache.service now. */
  const untilPageAnswers = async (): Promise<void> =>
    until(
      "the page answers through HAProxy from the web server's machine",
      async () => {
        const web = await machineOf("apache.service");
        const answer = await fetch(`http://${front.address}:${HAPROXY_PORT}/`, {
          signal: AbortSignal.timeout(5_000),
        });
        const text = await answer.text();
        const done = answer.ok && text.includes(`Apache on ${web.hostname},`);
        return done ? { done, value: undefined } : { done: false, saw: `${answer.status} ${text}` };
      },
      { withinMs: SETTLED_WITHIN_MS },
    );

  /** Resolves when the three units run together, away from the front, and the key says where. */
  const untilWebSettled = async (): Promise<void> => {
    const machines = await Promise.all(WEB.map(machineOf));
    expect(new Set(machines.map(({ name }) => name)).size).toBe(1);
    expect(machines[0]?.name).not.toBe(front.name);
    await untilPageAnswers();
    const web = await machineOf("apache.service");
    expect(await etcdValue(cluster, KEY)).toContain(`"${web.address}"`);
  };

  const pidOfHaproxy = async (): Promise<string> =>
    front.exec("systemctl", "show", "--property=MainPID", "--value", "haproxy.service");

  test("all six units become active, started one by one", async () => {
    for (const unit of [...WEB, ...FRONT]) {
      await cluster.fleetctl("start", `units/ambassador/${unit}`);
    }
    const listing = await cluster.fleetctl("list-units", "--no-legend", "--fields=unit,active");
    expect(
      listing
        .trim()
        .split("\n")
        .map((line) => line.split(/\t+/)),
    ).toEqual([...WEB, ...FRONT].toSorted().map((unit) => [unit, "active"]));
  });

  test("the front shares one machine, the web server's units another", async () => {
    const machines = await Promise.all(FRONT.map(machineOf));
    expect(new Set(machines.map(({ name }) => name)).size).toBe(1);
    front = await machineOf("haproxy.service");
    haproxyPid = await pidOfHaproxy();
    await untilWebSettled();
  });

  test("fleetctl ssh haproxy.service lands on its machine", async () => {
    const args = ["--strict-host-key-checking=false", "ssh", "haproxy.service", "hostname"];
    expect((await cluster.fleetctl(...args)).trim()).toBe(front.hostname);
  });

  test.for<[how: string, takeDown: (machine: Machine) => Promise<void>]>([
    ["rebooted", async (machine) => machine.reboot()],
    ["killed", async (machine) => machine.kill()],
  ])("the web server's machine is %s and the page comes back", async ([, takeDown]) => {
    const before = await etcdValue(cluster, KEY);
    await takeDown(await machineOf("apache.service"));
    await until(
      "the registrar has written the new address",
      async () => {
        const value = await etcdValue(cluster, KEY);
        const done = value !== "" && value !== before;
        return done ? { done, value } : { done: false, saw: value };
      },
      { withinMs: SETTLED_WITHIN_MS },
    );
    await untilWebSettled();
    expect((await machineOf("haproxy.service")).name).toBe(front.name);
    expect(await pidOfHaproxy()).toBe(haproxyPid);
  });
});
