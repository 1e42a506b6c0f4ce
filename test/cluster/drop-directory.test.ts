import { type Cluster, etcdctl, type Machine, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { etcdValue } from "./support/etcd-value.ts";
import { FleetView } from "./support/fleet-view.ts";

const DIRECTORY = "/etc/fleet/drop";
const MANY = 1_000;

// Two machines with a drop directory each. Every test leaves both directories empty and no unit behind.
describe("units dropped into a directory", () => {
  let cluster: Cluster;
  let fleet: FleetView;
  let one: Machine;
  let two: Machine;

  beforeAll(async () => {
    cluster = await startTestPair();
    fleet = new FleetView(() => cluster);
    [one, two] = cluster.machines as [Machine, Machine];
  });
  afterAll(async () => cluster?.[Symbol.asyncDispose]());

  test("a file starts its unit, a changed one replaces it, a removed one ends it", async () => {
    await drop(one, "web.service", sleeper("v1"));
    const home = cluster.machine(await cluster.untilActive("web.service"));
    expect(await commandOf(home, "web.service")).toContain("v1");
    await drop(one, "web.service", sleeper("v2"));
    await until("the new version runs", async () => {
      const saw = await commandOf(home, "web.service");
      return saw.includes("v2") ? { done: true, value: undefined } : { done: false, saw };
    });
    await remove(one, "web.service");
    await fleet.unitFiles(0);
    await fleet.units(0);
  });

  test("the first line chooses the state, and an invalid file stops nothing", async () => {
    await drop(one, "idle.service", `# fleet: inactive\n${sleeper("idle")}`);
    await drop(one, "ready.service", `# fleet: loaded\n${sleeper("ready")}`);
    await drop(one, "web.service", sleeper("v1"));
    await cluster.untilActive("web.service");
    await drop(one, "web.service", "[Service");
    const saysWhy = /web\.service\s+-?\s*.*unable to find end of section/;
    await until("the invalid file is listed", async () => {
      const saw = await fleet.fleetctl("list-drop-files", "--full");
      return saysWhy.test(saw) ? { done: true, value: undefined } : { done: false, saw };
    });
    const wishes = (await fleet.unitFiles(3)).map(({ unit, desired }) => `${unit} ${desired}`);
    expect(wishes).toEqual([
      "idle.service inactive",
      "ready.service loaded",
      "web.service launched",
    ]);
    expect(await cluster.untilActive("web.service")).not.toBe("");
    await removeAll(one);
    await fleet.unitFiles(0);
  });

  test("one unit for two machines: it goes with the last file, and a dead machine removed none", async () => {
    const text = `${sleeper("both")}\n[X-Fleet]\nMachineID=${two.id}\n`;
    await drop(one, "both.service", text);
    await untilHeldBy("both.service", [one]);
    await drop(two, "both.service", text);
    await untilHeldBy("both.service", [one, two]);
    await remove(two, "both.service");
    await untilHeldBy("both.service", [one]);
    await one.kill();
    await cluster.untilPresent(1);
    expect(await cluster.untilActive("both.service")).toBe(two.id);
    await one.start();
    await untilLogged(one, "Drop directory found");
    await untilHeldBy("both.service", [one]);
    await remove(one, "both.service");
    await fleet.unitFiles(0);
  });

  test("a unit that a person submitted is left alone", async () => {
    await fleet.fleetctl("submit", "hello.service");
    const before = await etcdValue(cluster, "/_coreos.com/fleet/units/hello.service");
    await drop(one, "hello.service", sleeper("another"));
    await until("it is refused", async () => {
      const saw = await fleet.fleetctl("list-drop-files", "--full");
      return saw.includes("no directory made")
        ? { done: true, value: undefined }
        : { done: false, saw };
    });
    await remove(one, "hello.service");
    await until("it is forgotten", async () => {
      const saw = await fleet.fleetctl("list-drop-files", "--no-legend");
      return saw === "" ? { done: true, value: undefined } : { done: false, saw };
    });
    expect(await etcdValue(cluster, "/_coreos.com/fleet/units/hello.service")).toBe(before);
    await fleet.fleetctl("destroy", "hello.service");
  });

  test("what happens while etcd is away is done when it is back", async () => {
    await drop(one, "old.service", `# fleet: inactive\n${sleeper("old")}`);
    await fleet.unitFiles(1);
    cluster.etcd.pause();
    await remove(one, "old.service");
    await drop(one, "new.service", sleeper("new"));
    await untilLogged(one, "Dropped files wait for the registry");
    cluster.etcd.resume();
    await cluster.untilActive("new.service");
    expect((await fleet.unitFiles(1)).map(({ unit }) => unit)).toEqual(["new.service"]);
    await removeAll(one);
    await fleet.unitFiles(0);
  });

  test("another directory counts from a reload on, and the first again from the next", async () => {
    const other = "/etc/fleet/other";
    const useDirectory = async (directory: string): Promise<void> => {
      const line = `unit_drop_directory=${directory}`;
      await two.exec("sed", "-i", `s|^unit_drop_directory=.*|${line}|`, "/etc/fleet/fleet.conf");
      await two.exec("systemctl", "reload", "fleet");
    };
    const listed = async (): Promise<string[]> =>
      (await fleet.unitFiles(1)).map(({ unit }) => unit);
    await two.exec("mkdir", "-p", other);
    await write(two, `${other}/db.service`, sleeper("db"));
    await drop(two, "web.service", sleeper("web"));
    await cluster.untilActive("web.service");
    await useDirectory(other);
    await cluster.untilActive("db.service");
    expect(await listed()).toEqual(["db.service"]);
    await useDirectory(DIRECTORY);
    await cluster.untilActive("web.service");
    expect(await listed()).toEqual(["web.service"]);
    await removeAll(two);
    await fleet.unitFiles(0);
  });

  test("a thousand files, a restart that changes nothing, a machine whose directory was emptied", async () => {
    const script = `for n in $(seq ${MANY}); do printf '# fleet: inactive\\n[Service]\\nExecStart=/bin/%s\\n' $n > ${DIRECTORY}/u$n.service; done`;
    await one.exec("sh", "-c", script);
    await fleet.unitFiles(MANY);
    const before = await writtenAt();
    await one.exec("systemctl", "restart", "fleet");
    await untilTakenIn("after-restart.service");
    expect(await writtenAt()).toEqual(before);
    await one.exec("systemctl", "kill", "--kill-who=main", "--signal=STOP", "fleet");
    await removeAll(one);
    await one.exec("systemctl", "kill", "--kill-who=main", "--signal=KILL", "fleet");
    await untilLogged(one, "Drop directory is empty");
    await untilTakenIn("after-emptying.service");
    await fleet.unitFiles(MANY);
  });

  /** Shows that the directory with many files has been gone through: of one more file, the unit comes and goes. */
  async function untilTakenIn(name: string): Promise<void> {
    await drop(one, name, "# fleet: inactive\n[Service]\nExecStart=/bin/true\n");
    await untilHeldBy(name, [one]);
    await remove(one, name);
    await until(`${name} is gone`, async () => {
      const saw = await etcdValue(cluster, `/_coreos.com/fleet/units/${name}`);
      return saw === "" ? { done: true, value: undefined } : { done: false, saw };
    });
  }

  /** When each of the many units was written last, as revisions of etcd. */
  async function writtenAt(): Promise<readonly number[]> {
    const argv = ["get", "--prefix", "/_coreos.com/fleet/units/u", "--write-out=json"];
    const { kvs } = JSON.parse(await etcdctl(cluster.etcdMembers, ...argv)) as Listed;
    return kvs.map((item) => item.mod_revision);
  }

  async function startTestPair(): Promise<Cluster> {
    const files = { [`${DIRECTORY}/README.md`]: "Unit files here are the cluster's wish.\n" };
    return startCluster({
      machines: [{ files }, { files }],
      agentTtl: "3s",
      fleetConf: { unit_drop_directory: DIRECTORY },
      evidenceDirectory: "test-results/drop-directory",
    });
  }

  async function untilHeldBy(unit: string, machines: readonly Machine[]): Promise<void> {
    const wanted = machines.map(({ id }) => id).toSorted();
    await until(
      `${unit} is held by ${machines.map(({ name }) => name).join(" and ")}`,
      async () => {
        const saw = await etcdValue(cluster, `/_coreos.com/fleet/units/${unit}`);
        const holders = saw === "" ? [] : (JSON.parse(saw) as Made).createdBy?.directories;
        return JSON.stringify(holders) === JSON.stringify(wanted)
          ? { done: true, value: undefined }
          : { done: false, saw };
      },
    );
  }
});

interface Listed {
  readonly kvs: readonly { readonly mod_revision: number }[];
}

interface Made {
  readonly createdBy?: { readonly directories: readonly string[] };
}

/** Resolves when a machine's fleetd has logged this so many times since the machine booted. */
async function untilLogged(machine: Machine, line: string, times = 1): Promise<void> {
  const argv = ["journalctl", "--boot", "--no-pager", "--output=cat", "--unit=fleet"];
  await until(`${machine.name} logs "${line}"`, async () => {
    const logged = (await machine.exec(...argv)).split(line).length - 1;
    return logged >= times
      ? { done: true, value: undefined }
      : { done: false, saw: `${logged} times` };
  });
}

async function drop(machine: Machine, name: string, text: string): Promise<void> {
  await write(machine, `${DIRECTORY}/${name}`, text);
}

/** As a careful person does it: written elsewhere, then renamed. */
async function write(machine: Machine, path: string, text: string): Promise<void> {
  const argv = ["sh", "-c", 'cat > /etc/fleet/new && mv /etc/fleet/new "$0"', path];
  const { status, stderr } = await machine.run(argv, { input: text });
  if (status !== 0) throw new Error(stderr);
}

async function remove(machine: Machine, name: string): Promise<void> {
  await machine.exec("rm", `${DIRECTORY}/${name}`);
}

async function removeAll(machine: Machine): Promise<void> {
  await machine.exec("find", DIRECTORY, "-name", "*.service", "-delete");
}

function sleeper(word: string): string {
  return `[Service]\nExecStart=/bin/sh -c 'exec sleep infinity # ${word}'\n`;
}

async function commandOf(machine: Machine, unit: string): Promise<string> {
  return machine.exec("systemctl", "show", "--property=ExecStart", unit);
}
