import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";

import {
  bootMachine,
  type Machine,
  PROJECT_DIRECTORY,
  run,
  startEtcd,
  startMachine,
  startRig,
  until,
} from "@fleet/rig";
import { expect, test } from "vitest";

// The rig's own promises. Every other cluster test stands on them.

test("machines boot side by side and reach each other and etcd", async () => {
  await using rig = await startRig();
  const machines = await Promise.all([bootMachine(rig), bootMachine(rig), bootMachine(rig)]);
  await using etcd = await startEtcd({ listen: { host: rig.network.hostAddress } });

  const states = machines.map(async (machine) => machine.exec("systemctl", "is-system-running"));
  expect(await Promise.all(states)).toEqual(["running\n", "running\n", "running\n"]);
  expect(new Set(machines.map((machine) => machine.id)).size).toBe(3);
  for (const from of machines) {
    for (const to of machines) expect(await reaches(from, to)).toBe(true);
    const health = ["etcdctl", `--endpoints=${etcd.endpoint}`, "endpoint", "health"];
    expect(await from.run(health, { env: { ETCDCTL_API: "3" } })).toMatchObject({ status: 0 });
  }
});

test("a machine has its own identity, and the project and Node.js at a fixed place", async () => {
  await using machine = await startMachine({ id: "0123456789abcdef0123456789abcdef" });

  expect(await machine.exec("cat", "/etc/machine-id")).toBe(`${machine.id}\n`);
  expect(await machine.exec("hostname")).toBe("m1\n");
  expect(await machine.exec("hostname", "-I")).toBe(`${machine.address} \n`);
  expect(await machine.exec("/opt/node/bin/node", "--version")).toBe(`${process.version}\n`);
  expect(await machine.exec("cat", "/opt/fleet/package.json")).toBe(
    readFileSync(join(PROJECT_DIRECTORY, "package.json"), "utf8"),
  );
  expect((await machine.run(["touch", "/opt/fleet/x"])).status).not.toBe(0);
});

test("user core gets in with the rig's key, no questions asked, and may read the journal", async () => {
  await using rig = await startRig();
  const machine = await bootMachine(rig);
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    `UserKnownHostsFile=${rig.knownHostsFile}`,
  ];
  const flags = options.flatMap((option) => ["-o", option]);
  const target = ["-i", rig.sshKey.privateKeyFile, `core@${machine.address}`];

  const result = await run([
    "ssh",
    "-F",
    "none",
    ...flags,
    ...target,
    "whoami; journalctl -n 1 -q",
  ]);

  expect(result).toMatchObject({ status: 0, stderr: "" });
  expect(result.stdout).toMatch(/^core\n.+\n/);
});

test("what a machine writes on its root stays with it through a reboot and off the host", async () => {
  await using machine = await startMachine();
  const before = await bootId(machine);
  await machine.exec("sh", "-c", "echo kept > /rig-test-note; echo gone > /run/rig-test-note");

  await machine.reboot();

  expect(await bootId(machine)).not.toBe(before);
  expect(await machine.exec("cat", "/etc/machine-id", "/rig-test-note")).toBe(
    `${machine.id}\nkept\n`,
  );
  expect((await machine.run(["cat", "/run/rig-test-note"])).status).toBe(1);
  expect(existsSync("/rig-test-note")).toBe(false);
});

test("a reboot asked for inside is a reboot", async () => {
  await using machine = await startMachine();
  const before = await bootId(machine);

  await machine.run(["systemctl", "reboot"]);

  await until("another boot runs", async () => {
    const now = await bootId(machine);
    return now === before ? { done: false, saw: now } : { done: true, value: now };
  });
});

test("killing a machine ends all that runs in it, at once, and it starts again", async () => {
  await using machine = await startMachine();
  await machine.exec("systemd-run", "--unit=sleeper", "sleep", "infinity");
  const pid = await untilSleeperRuns(machine);
  expect(existsSync(`/proc/${pid}`)).toBe(true);

  await machine.kill();

  expect(machine.pid).toBeUndefined();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await machine.journal()).not.toContain("Stopped sleeper.service");

  await machine.start();
  expect(await machine.exec("systemctl", "is-active", "dbus.service")).toBe("active\n");
});

test("powering a machine off stops its services in order", async () => {
  await using machine = await startMachine();
  await machine.exec("systemd-run", "--unit=sleeper", "sleep", "infinity");

  await machine.poweroff();

  expect(machine.pid).toBeUndefined();
  expect(await machine.journal()).toContain("Stopped sleeper.service");
});

test("a cut machine reaches nobody and runs on; healed, it is back", async () => {
  await using rig = await startRig();
  const [a, b] = await Promise.all([bootMachine(rig), bootMachine(rig)]);

  await a.cut();
  expect([a.isReachable, await isCutOff(a, b), await isCutOff(b, a)]).toEqual([false, true, true]);
  expect(await a.exec("systemctl", "is-active", "dbus.service")).toBe("active\n");

  await a.heal();
  expect([a.isReachable, await reaches(a, b), await reaches(b, a)]).toEqual([true, true, true]);
});

test("rigs run side by side without meeting", async () => {
  await using first = await startRig();
  await using second = await startRig();
  const [a, b] = await Promise.all([bootMachine(first), bootMachine(second)]);

  expect(a.address).not.toBe(b.address);
  expect(await isCutOff(a, b)).toBe(true);
});

test("taking a rig down leaves nothing", async () => {
  const rig = await startRig();
  const [a] = await Promise.all([bootMachine(rig), bootMachine(rig)]);
  await a.kill();
  await a.start();
  expect(tracesOf(rig.ledger.number)).not.toEqual([]);

  await rig[Symbol.asyncDispose]();

  expect(tracesOf(rig.ledger.number)).toEqual([]);
});

test.for<NodeJS.Signals>(["SIGINT", "SIGTERM", "SIGKILL"])(
  "a rig whose process ends by %s is taken down all the same",
  async (signal) => {
    const { child, number } = await startRigInChild();

    child.kill(signal);

    await untilNoTraceOf(number);
  },
);

test("what nobody took down, the next rig clears", async () => {
  const { child, number, janitor } = await startRigInChild();
  process.kill(janitor, "SIGKILL");
  child.kill("SIGKILL");
  await until("the rig's process is gone", () =>
    existsSync(`/proc/${child.pid}/exe`) ? { done: false, saw: "alive" } : { done: true, value: 0 },
  );

  await using rig = await startRig();
  if (rig.ledger.number !== number) expect(tracesOf(number)).toEqual([]);
  expect(readFileSync(join(rig.ledger.directory, "ledger.jsonl"), "utf8")).toContain(
    `"pid":${process.pid},`,
  );
});

/** Whether `from` gets an answer from the sshd of `to`. */
/** How long a machine may take to answer another one, in seconds. */
const ANSWER_S_MAX = "10";
/** How long it is looked at that nothing passes between two machines, in seconds. */
const SILENCE_S = "1";

async function reaches(from: Machine, to: Machine, withinS = ANSWER_S_MAX): Promise<boolean> {
  const script = `exec 3<>/dev/tcp/${to.address}/22 && head -c 4 <&3`;
  return (await from.run(["timeout", withinS, "bash", "-c", script])).stdout === "SSH-";
}

async function isCutOff(from: Machine, to: Machine): Promise<boolean> {
  return !(await reaches(from, to, SILENCE_S));
}

async function bootId(machine: Machine): Promise<string> {
  return machine.exec("cat", "/proc/sys/kernel/random/boot_id");
}

/** The host's process ID of the sleeper inside. */
async function untilSleeperRuns(machine: Machine): Promise<number> {
  return until("the sleeper runs", () => {
    const found = processes().find(
      (one) => one.command.includes("sleep infinity") && one.cgroup.includes(cgroupOf(machine)),
    );
    return found === undefined ? { done: false, saw: "none" } : { done: true, value: found.pid };
  });
}

function cgroupOf(machine: Machine): string {
  const rigNumber = /fleet-rig\/(\d+)\//.exec(machine.root)?.[1] ?? "";
  return `/fleet-rig-r${rigNumber}-${machine.name}/`;
}

interface HostProcess {
  readonly pid: number;
  readonly command: string;
  readonly cgroup: string;
}

/** All that run; a zombie, which has no command any more, has ended. */
function processes(): readonly HostProcess[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      if (command === "") return [];
      return [{ pid: Number(pid), command, cgroup: readFileSync(`/proc/${pid}/cgroup`, "utf8") }];
    } catch {
      return []; // gone between the two looks
    }
  });
}

/** All that the host shows of the rig with this number: links, mounts, control groups, files, processes. */
function tracesOf(number: number): readonly string[] {
  const mine = new RegExp(String.raw`fleet-rig/${number}\b|\br${number}-m\d|fleet-r${number}\b`);
  const running = processes().map((one) => `process ${one.pid} ${one.command} ${one.cgroup}`);
  return [
    ...readdirSync("/sys/class/net"),
    ...readFileSync("/proc/self/mounts", "utf8").split("\n"),
    ...["systemd", "unified", "."].flatMap((name) => entriesOf(`/sys/fs/cgroup/${name}`)),
    ...entriesOf("/run/systemd/nspawn/propagate"),
    ...entriesOf("/run/fleet-rig"),
    ...running,
  ].filter((trace) => mine.test(trace));
}

function entriesOf(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}

async function untilNoTraceOf(number: number): Promise<void> {
  await until(`nothing is left of rig ${number}`, () => {
    const traces = tracesOf(number);
    return traces.length === 0
      ? { done: true, value: undefined }
      : { done: false, saw: traces.join("\n") };
  });
}

interface RigInChild {
  readonly child: ChildProcess;
  readonly number: number;
  /** The process ID of its janitor. */
  readonly janitor: number;
}

/** A rig with one machine in a process of its own, which says when it is up and then does nothing. */
async function startRigInChild(): Promise<RigInChild> {
  const rig = join(PROJECT_DIRECTORY, "test/rig/dist/index.js");
  const program = `import { bootMachine, startRig } from ${JSON.stringify(rig)};
    const rig = await startRig();
    await bootMachine(rig);
    console.log(rig.ledger.number);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const { value } = await lines[Symbol.asyncIterator]().next();
  const number = Number(value);
  const janitor = processes().find((one) =>
    one.command.includes(`janitor.js /run/fleet-rig/${number}`),
  );
  expect(tracesOf(number)).not.toEqual([]);
  return { child, number, janitor: janitor?.pid ?? 0 };
}
