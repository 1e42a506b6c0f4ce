import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Machine, until } from "@fleet/rig";
import { describe, expect, test } from "vitest";

import { scenarioCluster } from "../support/scenario-cluster.ts";
import { fleetLog, fleetService } from "../support/service-state.ts";

const SOCKET = "/run/fleet.sock";
const CONF = "/etc/fleet/fleet.conf";
const LOST_PRESENCE = "Server monitor triggered: Monitor timed out before successful heartbeat";
const ENDED_WELL = { active: "inactive", result: "success" };
/** A machine's presence, the time after which fleet 1.0.0 looks again, and some more. */
const OUTAGE_MS = 10_000;

// The daemon of one machine is stopped, told to read its settings again, and cut off from etcd.
describe("fleetd's robustness", () => {
  const smoke = scenarioCluster(1, {
    environment: {},
    fleetConf: { metadata: "state=first" },
  });
  const { fleet } = smoke;

  test("TestShutdown: the daemon ends in good order", async () => {
    const machine = theMachine();
    await machine.exec("systemctl", "stop", "fleet");
    expect(await fleetService(machine)).toEqual(ENDED_WELL);
  });

  test("TestShutdownVsMonitor: the daemon ends in good order while etcd is silent", async () => {
    const machine = theMachine();
    await machine.cut();
    await untilLogged(machine, LOST_PRESENCE);
    await machine.exec("systemctl", "stop", "fleet");
    expect(await fleetService(machine)).toEqual(ENDED_WELL);
    await machine.heal();
  });

  test("TestSingleNodeConnectivityLoss: units stay as they are while etcd refuses, and after it", async () => {
    const machine = theMachine();
    const commands = { inactive: "submit", loaded: "load", launched: "start" };
    for (const [state, command] of Object.entries(commands)) {
      const units = [`single@${state}.service`, `global@${state}.service`];
      const noBlock = command === "submit" ? [] : ["--no-block"];
      await fleet.fleetctl(command, ...noBlock, ...units);
    }
    await untilListed();

    const etcd = `${smoke.cluster.rig.network.hostAddress}/32`;
    await machine.exec("ip", "route", "add", "unreachable", etcd);
    await sleep(OUTAGE_MS);
    for (const state of ["loaded", "launched"]) {
      for (const unit of [`single@${state}.service`, `global@${state}.service`]) {
        expect([unit, await firstLine(machine, "systemctl", "is-enabled", unit)]).toEqual([
          unit,
          "linked-runtime",
        ]);
      }
    }
    expect(await runningUnits(machine)).toEqual([
      "global@launched.service loaded active running",
      "single@launched.service loaded active running",
    ]);

    await machine.exec("ip", "route", "del", "unreachable", etcd);
    await untilLogged(machine, "hrt.Beat() success");
    await untilListed();
    const systemd = await machine.exec("journalctl", "--no-pager", "--output=cat", "_PID=1");
    expect(systemd).toContain("Started single@launched.service");
    expect(systemd).not.toMatch(/Stopping (?:single|global)@/);
  });

  test("TestReconfigureServer: new settings count at once, again and again, and the API answers meanwhile", async () => {
    const machine = theMachine();
    expect(statSync(machine.path(SOCKET)).isSocket()).toBe(true);
    await fleet.fleetctl("start", "hello.service");
    await fleet.active(1);
    await fleet.fleetctl("unload", "hello.service");
    const pid = await mainPid(machine);

    let reloads = 0;
    for (const state of ["second", "third"]) {
      await machine.exec("sed", "-i", `s/state=[a-z]*/state=${state}/`, CONF);
      expect(await machine.exec("systemctl", "kill", "--signal=HUP", "fleet")).toBe("");
      reloads += 1;
      await fleet.fleetctl("list-units");
      await untilLogged(machine, "Reloading configuration", reloads);
      await fleet.fleetctl("list-units");
      await untilMetadata(`state=${state}`);
    }

    await fleet.fleetctl("list-units");
    expect(await fleetLog(machine)).not.toContain("Failed serving HTTP on listener:");
    expect(await fleetService(machine)).toEqual({ active: "active", result: "success" });
    expect(await mainPid(machine)).toBe(pid);
    await machine.exec("systemctl", "stop", "fleet");
    expect(await fleetService(machine)).toEqual(ENDED_WELL);
  });

  function theMachine(): Machine {
    const [machine] = smoke.cluster.machines;
    if (machine === undefined) throw new Error("no machine");
    return machine;
  }

  async function untilLogged(machine: Machine, line: string, times = 1): Promise<void> {
    await until(`fleetd logs "${line}"`, async () => {
      const log = await fleetLog(machine);
      if (log.split(line).length > times) return { done: true, value: undefined };
      return { done: false, saw: log.slice(-1_000) };
    });
  }

  async function untilMetadata(wanted: string): Promise<void> {
    await until(`the machine is listed with ${wanted}`, async () => {
      const args = ["list-machines", "--no-legend", "--fields=metadata"];
      const saw = (await fleet.fleetctl(...args)).trim();
      return saw === wanted ? { done: true, value: undefined } : { done: false, saw };
    });
  }

  /** Resolves when the six units of the connectivity scenario are listed as their names say. */
  async function untilListed(): Promise<void> {
    const expected = [
      ["global@inactive.service", "inactive", undefined],
      ["global@launched.service", "launched", "active"],
      ["global@loaded.service", "loaded", "inactive"],
      ["single@inactive.service", "inactive", undefined],
      ["single@launched.service", "launched", "active"],
      ["single@loaded.service", "loaded", "inactive"],
    ];
    await until("the six units are in their states", async () => {
      const active = new Map((await fleet.listUnits()).map((row) => [row.unit, row.active]));
      const files = await fleet.listUnitFiles();
      const listed = files.map(({ unit, desired }) => [unit, desired, active.get(unit)]);
      const saw = JSON.stringify(listed);
      return saw === JSON.stringify(expected)
        ? { done: true, value: undefined }
        : { done: false, saw };
    });
  }

  async function firstLine(machine: Machine, ...argv: readonly string[]): Promise<string> {
    return (await machine.run(argv)).stdout.split("\n")[0] ?? "";
  }

  /** What systemd has of the connectivity scenario's units, in four words each. */
  async function runningUnits(machine: Machine): Promise<readonly string[]> {
    const list = ["systemctl", "list-units", "--plain", "--type=service", "--no-legend"];
    const text = await machine.exec(...list, "single@*.service", "global@*.service");
    const lines = text.trim().split("\n");
    return lines.map((line) => line.split(/\s+/).slice(0, 4).join(" ")).toSorted();
  }

  async function mainPid(machine: Machine): Promise<string> {
    return machine.exec("systemctl", "show", "--property=MainPID", "--value", "fleet.service");
  }
});
