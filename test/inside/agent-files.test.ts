// What is found on a machine and what is put there: changed files, the machine's own units, leftovers of an earlier run.

import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { parseUnitName } from "@fleet/core";
import { fileOf, sampleUnit, until } from "@fleet/systemd/testing";
import { expect, test } from "vitest";

import { AgentBench } from "./agent-bench.ts";
import { command, systemctl } from "./machine-bench.ts";

const WEB = parseUnitName("files-web.service");
const DB = parseUnitName("files-db.service");
const ETC = "/etc/systemd/system";

test("a changed file replaces the unit: stopped as the old one, started as the new one", async () => {
  await using bench = await AgentBench.open();
  const stopped = "/run/files-stopped";
  await rm(stopped, { force: true });
  const old = `[Service]\nExecStart=/bin/sleep 1111111\nExecStopPost=/bin/touch ${stopped}`;
  await bench.wish("launched", fileOf(WEB, old));
  await bench.untilState(WEB, "active/running launched");
  const changed = fileOf(WEB, "[Service]\nExecStart=/bin/sleep 2222222");
  await bench.wish("launched", changed);
  await until("the new one is published", () => {
    return bench.states().get(WEB)?.unitHash === changed.hash;
  });
  await bench.untilState(WEB, "active/running launched");
  expect(await systemctl("show", "--property=NeedDaemonReload", WEB)).toBe("NeedDaemonReload=no");
  const pid = (await systemctl("show", "--property=MainPID", WEB)).split("=")[1];
  expect(await readFile(`/proc/${pid}/cmdline`, "utf8")).toContain("2222222");
  expect(await readdir("/run")).toContain("files-stopped");
});

test("a name of the machine's own is refused by name until the machine gives it up", async () => {
  await using bench = await AgentBench.open();
  const own = join(ETC, WEB);
  const text = "[Service]\nExecStart=/bin/sleep infinity\n";
  await mkdir(ETC, { recursive: true });
  await writeFile(own, text);
  await systemctl("start", WEB);
  try {
    await bench.wish("launched", sampleUnit(WEB, "exits"), sampleUnit(DB, "runs"));
    await bench.untilState(DB, "active/running launched");
    const state = await bench.untilState(WEB, "inactive/dead inactive");
    expect(state).toMatchObject({ loadState: "error", error: expect.stringContaining(own) });
    expect(await readFile(own, "utf8")).toBe(text);
    expect(await systemctl("is-active", WEB)).toBe("active");
  } finally {
    await systemctl("stop", WEB);
    await rm(own);
    await systemctl("daemon-reload");
  }
  const state = await bench.untilState(WEB, "inactive/dead launched");
  expect(state?.error).toBeUndefined();
});

test("a name that a file asks for besides its own is refused where it is the machine's", async () => {
  await using bench = await AgentBench.open();
  const alias = "/run/systemd/system/files-alias.service";
  const install = "[Install]\nAlias=files-alias.service\n";
  const own = "/etc/systemd/system/files-own.service";
  await writeFile(own, "[Service]\nExecStart=/bin/sleep infinity\n");
  await symlink(own, alias);
  try {
    await bench.wish("launched", sampleUnit(WEB, "runs", install));
    const state = await bench.untilState(WEB, "inactive/dead inactive");
    expect(state?.error).toBe(
      `unit files-alias.service belongs to this machine (${alias}), so fleet does not install one of that name`,
    );
    expect(await readlink(alias)).toBe(own);
  } finally {
    await rm(alias);
    await rm(own);
  }
  await bench.untilState(WEB, "active/running launched");
  await bench.wish(
    "launched",
    sampleUnit(WEB, "runs", `# v2\n${install}Alias=files-other.service\n`),
  );
  await until("the second version is enabled", async () =>
    (await readdir("/run/systemd/system")).includes("files-other.service"),
  );
  await bench.untilState(WEB, "active/running launched");
  expect(bench.states().get(WEB)?.error).toBeUndefined();
});

test("files of an earlier run: wished ones are kept, others unloaded, an unreadable one is no obstacle", async () => {
  await using bench = await AgentBench.open();
  const kept = sampleUnit(WEB, "runs");
  const bad = sampleUnit("files-bad.service", "runs");
  const stale = parseUnitName("files-stale.service");
  await bench.wish("launched", kept, bad, sampleUnit(stale, "runs"), sampleUnit(DB, "runs"));
  for (const unit of [WEB, DB, stale, bad.unit]) {
    await bench.untilState(unit, "active/running launched");
  }
  const pidBefore = await systemctl("show", "--property=MainPID", WEB, bad.unit);
  await bench.stop();
  await bench.unwish(stale);
  await writeFile(join(bench.directory, bad.unit), "[Service");
  await writeFile(join(bench.directory, "README"), "no unit file");
  await writeFile(join(bench.directory, "files-worse.service"), "[Service");
  await bench.start();
  await bench.untilState(stale, "gone");
  await until("the unreadable file is written again", async () => {
    return (await readFile(join(bench.directory, bad.unit), "utf8")) === bad.text;
  });
  await until("the stranger is gone", async () => {
    return !(await readdir(bench.directory)).includes("files-worse.service");
  });
  expect(await systemctl("show", "--property=MainPID", WEB, bad.unit)).toBe(pidBefore);
  expect(bench.states().get(DB)).toMatchObject({ activeState: "active" });
  expect(await readdir(bench.directory)).toContain("README");
});

test("a unit that systemd has forgotten since it ended is unloaded without an error", async () => {
  await using bench = await AgentBench.open();
  const marker = "/run/files-oneshot";
  await rm(marker, { force: true });
  await bench.wish(
    "launched",
    fileOf(WEB, `[Service]\nType=oneshot\nExecStart=/bin/touch ${marker}`),
  );
  await bench.untilState(WEB, "inactive/dead launched");
  await until("systemd has forgotten it", async () => {
    const units = await command("busctl", "tree", "--list", "org.freedesktop.systemd1");
    return !units.includes("files_2dweb_2eservice");
  });
  await bench.unwish(WEB);
  await bench.untilState(WEB, "gone");
  expect(bench.logged.filter((line) => /fail|error/i.test(line))).toEqual([]);
});
