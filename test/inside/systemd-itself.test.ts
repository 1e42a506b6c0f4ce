// What only a real systemd can show: its memory, its links, its own re-execution. The rest is in the contract.

import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ForeignUnitError, parseUnitName, SystemdError, type UnitName } from "@fleet/core";
import type { FileToInstall } from "@fleet/systemd";
import { fileOf, RecordingSink, sampleUnit, until } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { command, MachineBench, systemctl } from "./machine-bench.ts";

const { signal } = new AbortController();
const WEB = parseUnitName("itself-web.service");
const DB = parseUnitName("itself-db.service");
/** Less than the time after which a slow job is looked at anyway. */
const AT_ONCE_TIMEOUT_MS = 8_000;
const ETC = "/etc/systemd/system";
const LINKS = "/run/systemd/system";
const SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket";
const BUSES = ["system", SYSTEM_BUS] as const;

test("a unit that another pulled in before it was installed starts without a reload", async () => {
  await using bench = await open();
  await install(
    bench,
    fileOf(WEB, `[Unit]\nWants=${DB}\n[Service]\nExecStart=/bin/sleep infinity`),
  );
  await bench.manager.start(WEB, signal);
  const before = await bench.reloads();
  await install(bench, sampleUnit(DB, "runs"));
  expect(await bench.manager.start(DB, signal)).toBe("done");
  expect(await bench.reloads()).toBe(before);
});

test("a removed unit that another refers to is forgotten all the same", async () => {
  await using bench = await open();
  await install(
    bench,
    fileOf(WEB, `[Unit]\nWants=${DB}\n[Service]\nExecStart=/bin/sleep infinity`),
  );
  await install(bench, sampleUnit(DB, "runs"));
  await bench.manager.start(WEB, signal);
  await bench.manager.stop(DB, signal);
  await bench.manager.remove([DB], signal);
  expect(await loadStateOf(DB)).toBe("not-found");
});

test("removing a unit that nothing refers to needs no reload", async () => {
  await using bench = await open();
  await install(bench, sampleUnit(WEB, "fails"));
  await bench.manager.start(WEB, signal);
  const before = await bench.reloads();
  await bench.manager.remove([WEB], signal);
  expect(await bench.reloads()).toBe(before);
  expect(await loadStateOf(WEB)).toBe("not-found");
});

test("a unit that a target wants starts along with it as soon as it is installed", async () => {
  await using bench = await open();
  const target = parseUnitName("itself.target");
  await install(
    bench,
    fileOf(target, "[Unit]\nDescription=Wants what asks for it"),
    sampleUnit(WEB, "runs", "[Install]\nWantedBy=itself.target"),
  );
  await bench.manager.start(target, signal);
  await until(`${WEB} is active`, async () => (await activeStateOf(bench, WEB)) === "active");
  await bench.manager.stop(WEB, signal);
  await bench.manager.stop(target, signal);
  await bench.manager.remove([WEB, target], signal);
  expect(existsSync(join(LINKS, "itself.target.wants", WEB))).toBe(false);
});

test.for([
  ["a name that is none", "WantedBy=nonsense"],
  ["nothing that systemd knows", "X-Reason=none"],
])("an [Install] section that asks for %s fails, and leaves nothing behind", async ([, line]) => {
  await using bench = await open();
  const [result] = await bench.manager.install(
    [sampleUnit(WEB, "runs", `[Install]\n${line}`)],
    signal,
  );
  expect(result).toMatchObject({ unit: WEB, ok: false });
  expect(result?.ok === false && result.error.message).toContain(
    `Failed to enable systemd unit ${WEB}: `,
  );
  expect(await bench.manager.installed(signal)).toEqual([]);
  expect(existsSync(join(LINKS, WEB))).toBe(false);
});

test("a link that somebody took away is made again by the next start", async () => {
  await using bench = await open();
  await install(bench, sampleUnit(WEB, "runs"));
  await rm(join(LINKS, WEB));
  expect(await bench.manager.start(WEB, signal)).toBe("done");
  expect(await systemctl("is-active", WEB)).toBe("active");
});

test("a file that somebody deleted is removed with its link", async () => {
  await using bench = await open();
  await install(bench, sampleUnit(WEB, "runs"));
  await rm(join(bench.directory, WEB));
  await symlink(join(bench.directory, DB), join(LINKS, DB));
  await bench.manager.remove([WEB, DB], signal);
  await expect(readFile(join(LINKS, WEB))).rejects.toThrow("ENOENT");
  expect(await loadStateOf(WEB)).toBe("not-found");
});

test("systemd calls an installed unit linked until the next boot", async () => {
  await using bench = await open();
  await install(bench, sampleUnit(WEB, "runs"));
  expect((await systemctl("show", "--property=UnitFileState", WEB)).split("=")[1]).toBe(
    "linked-runtime",
  );
});

test("a name that the machine masks, or an instance of its template in use, is refused", async () => {
  await using bench = await open();
  const instance = parseUnitName("itself-template@1.service");
  const template = join(ETC, "itself-template@.service");
  const mask = join(ETC, WEB);
  await writeFile(template, "[Service]\nExecStart=/bin/sleep infinity\n");
  await symlink("/dev/null", mask);
  try {
    await systemctl("daemon-reload");
    await systemctl("start", instance);
    const results = await bench.manager.install(
      [sampleUnit(WEB, "runs"), sampleUnit(instance, "exits")],
      signal,
    );
    const errors = results.map((result) => (result.ok ? undefined : result.error));
    expect(errors.map((error) => error instanceof ForeignUnitError)).toEqual([true, true]);
    expect(errors.map((error) => error?.message)).toEqual([
      expect.stringContaining(mask),
      expect.stringContaining(template),
    ]);
    expect(await systemctl("is-active", instance)).toBe("active");
  } finally {
    await systemctl("stop", instance);
    await rm(template);
    await rm(mask);
    await systemctl("daemon-reload");
  }
});

test("removing a name that belongs to the machine leaves even its failure alone", async () => {
  await using bench = await open();
  const unit = parseUnitName("itself-foreign.service");
  await writeFile(join(ETC, unit), "[Service]\nType=oneshot\nExecStart=/bin/false\n");
  await systemctl("start", unit).catch(() => {}); // meant to fail
  const before = await bench.reloads();
  await bench.manager.remove([unit], signal);
  const states = await bench.manager.states([unit], signal);
  expect(states.get(unit)?.activeState).toBe("failed");
  expect(await bench.reloads()).toBe(before);
  await systemctl("reset-failed", unit);
  await rm(join(ETC, unit));
});

test.for<[name: string, source: string, active: string, sub: string]>([
  ["itself-x@1.service", "[Service]\nExecStart=/bin/sleep infinity", "active", "running"],
  ["itself-x.timer", "[Timer]\nOnActiveSec=1h\nUnit=itself-idle.service", "active", "waiting"],
  ["itself-x.socket", "[Socket]\nListenStream=/run/itself.sock\nAccept=yes", "active", "listening"],
  ["itself-x.path", "[Path]\nPathExists=/run/none\nUnit=itself-idle.service", "active", "waiting"],
  ["itself-x.target", "[Unit]\nDescription=A target", "active", "active"],
  ["itself-x.slice", "[Unit]\nDescription=A slice", "active", "active"],
  ["run-itself.mount", "[Mount]\nWhat=tmpfs\nWhere=/run/itself\nType=tmpfs", "active", "mounted"],
])("%s goes the way of every unit", async ([name, source, activeState, subState]) => {
  await using bench = await open();
  const [unit, idle] = [parseUnitName(name), parseUnitName("itself-idle.service")];
  const perConnection = parseUnitName("itself-x@.service");
  const file = fileOf(name, source);
  const helpers = [sampleUnit(idle, "runs"), sampleUnit(perConnection, "runs")];
  await install(bench, file, ...helpers.filter((helper) => helper.unit !== unit));
  expect(await bench.manager.start(unit, signal)).toBe("done");
  const started = await bench.manager.states([unit], signal);
  expect(started.get(unit)).toMatchObject({ loadState: "loaded", activeState, subState });
  expect(await bench.manager.stop(unit, signal)).toBe("done");
  await bench.manager.remove([unit], signal);
  const removed = await bench.manager.states([unit], signal);
  expect(removed.get(unit)).toMatchObject({ activeState: "inactive", subState: "dead" });
});

test("the states of many units come in order, whatever names are among them", async () => {
  await using bench = await open();
  const absent = Array.from({ length: 300 }, (_, index) =>
    parseUnitName(`itself-absent-${index}.service`),
  );
  const template = parseUnitName("itself-template@.service");
  await install(bench, sampleUnit(WEB, "runs"));
  const units = [...absent.slice(0, 150), WEB, template, ...absent.slice(150)];
  const states = await bench.manager.states(units, signal);
  expect([...states.keys()]).toEqual(units);
  const known = units.filter((unit) => states.get(unit)?.loadState !== "not-found");
  expect(known).toEqual([WEB]);
});

test("reading the state of a unit that is down is no change of it", async () => {
  await using bench = await open();
  await install(bench, sampleUnit(WEB, "runs"), sampleUnit(DB, "runs"));
  const sink = new RecordingSink();
  const end = new AbortController();
  const watching = bench.manager.watch(sink, end.signal);
  await bench.manager.states([WEB], signal);
  await bench.manager.start(DB, signal);
  await until("the start is reported", () => sink.changed.has(DB));
  expect([...sink.changed]).toEqual([DB]);
  end.abort();
  await watching;
});

test("a mount that somebody makes by hand is reported, though systemd only announces it", async () => {
  await using bench = await open();
  const mount = parseUnitName("run-itself.mount");
  await mkdir("/run/itself", { recursive: true });
  await install(bench, fileOf(mount, "[Mount]\nWhat=tmpfs\nWhere=/run/itself\nType=tmpfs"));
  const sink = new RecordingSink();
  const end = new AbortController();
  const watching = bench.manager.watch(sink, end.signal);
  await command("mount", "-t", "tmpfs", "tmpfs", "/run/itself");
  await until("the mount is reported", () => sink.changed.has(mount));
  await command("umount", "/run/itself");
  end.abort();
  await watching;
});

test("a unit that systemd starts by itself is reported, also one that is up at once", async () => {
  await using bench = await open();
  const target = parseUnitName("itself-quick.target");
  await install(bench, fileOf(target, "[Unit]\nDescription=Up in no time"));
  const sink = new RecordingSink();
  const end = new AbortController();
  const watching = bench.manager.watch(sink, end.signal);
  await systemctl("start", target);
  await until("the start is reported", () => sink.changed.has(target));
  end.abort();
  await watching;
});

test.for(BUSES)("a job goes on while systemd re-executes itself (%s)", async (bus) => {
  await using bench = await MachineBench.open({ bus, breakConnection: async () => {} });
  const { starting, finish } = await startSlowly(bench);
  await systemctl("daemon-reexec");
  await finish();
  expect(await starting).toBe("done");
});

test(
  "a job that ends while the bus is away is judged at once when it is back",
  async () => {
    await using bench = await MachineBench.open({
      bus: SYSTEM_BUS,
      breakConnection: async () => {},
    });
    const { starting, finish } = await startSlowly(bench);
    await systemctl("stop", "dbus.socket", "dbus.service");
    await finish();
    await until(`${WEB} has ended`, async () => {
      return (await systemctl("show", "--property=ActiveState", WEB)) === "ActiveState=inactive";
    });
    await systemctl("start", "dbus.socket");
    expect(await starting).toBe("done");
  },
  AT_ONCE_TIMEOUT_MS,
);

test.for<[promise: string, verb: readonly string[], answer: string]>([
  ["systemctl stop stops it", ["stop"], "stop"],
  ["systemctl restart restarts it", ["restart"], "restart"],
  ["systemctl try-restart restarts it", ["try-restart"], "restart"],
  ["a signal sent by hand is neither", ["kill", "--signal=SIGTERM"], "none"],
])("a daemon knows what systemd is doing to it: %s", async ([, verb, answer]) => {
  const unit = "itself-daemon.service";
  const answers = "/run/itself-answers";
  const script = join(import.meta.dirname, "own-unit-job.js");
  const lines = async (): Promise<readonly string[]> =>
    (await readFile(answers, "utf8")).split("\n").filter(Boolean);
  await mkdir(LINKS, { recursive: true });
  await writeFile(answers, "");
  await writeFile(
    join(LINKS, unit),
    `[Service]\nExecStart=${process.execPath} ${script} /run/itself-units ${answers}\n`,
  );
  try {
    await systemctl("start", unit);
    await until("the daemon is ready", async () => (await lines()).length > 0);
    await systemctl(...verb, unit);
    await until("the daemon has answered", async () => (await lines()).length > 1);
    expect((await lines())[1]).toBe(answer);
  } finally {
    await systemctl("stop", unit);
    await rm(join(LINKS, unit));
  }
});

test("a unit that is not installed is named by the error that refuses to start it", async () => {
  await using bench = await open();
  const starting = bench.manager.start(WEB, signal);
  await expect(starting).rejects.toThrow(`cannot start ${WEB}: Unit ${WEB} not found.`);
  await expect(starting).rejects.toThrow(SystemdError);
});

/** Starts a oneshot that ends when it is told to. */
async function startSlowly(
  bench: MachineBench,
): Promise<{ readonly starting: Promise<string>; readonly finish: () => Promise<void> }> {
  const flag = "/run/itself-go";
  await rm(flag, { force: true });
  const wait = `/bin/sh -c 'until [ -e ${flag} ]; do sleep 0.05; done'`;
  await install(bench, fileOf(WEB, `[Service]\nType=oneshot\nExecStart=${wait}`));
  const starting = bench.manager.start(WEB, signal);
  await until(`${WEB} is activating`, async () => {
    return (await activeStateOf(bench, WEB)) === "activating";
  });
  return { starting, finish: async () => writeFile(flag, "") };
}

async function open(): Promise<MachineBench> {
  return MachineBench.open({ bus: "system", breakConnection: async () => {} });
}

async function install(bench: MachineBench, ...files: readonly FileToInstall[]): Promise<void> {
  const results = await bench.manager.install(files, signal);
  expect(results).toEqual(files.map(({ unit }) => ({ unit, ok: true })));
}

async function activeStateOf(bench: MachineBench, unit: UnitName): Promise<string | undefined> {
  return (await bench.manager.states([unit], signal)).get(unit)?.activeState;
}

async function loadStateOf(unit: UnitName): Promise<string | undefined> {
  return (await systemctl("show", "--property=LoadState", unit)).split("=")[1];
}
