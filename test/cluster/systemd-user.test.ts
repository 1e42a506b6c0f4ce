import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cluster, type Machine, PROJECT_DIRECTORY, startCluster, until } from "@fleet/rig";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asCore, PERSON_FILES, PERSON_RUNTIME, PERSON_SERVICE } from "./support/person.ts";

const UNITS = "/home/core/.config/systemd/user";
const SAMPLE = "[Service]\nExecStart=/bin/sleep infinity\n";

const shipped = (unit: string): string =>
  readFileSync(join(PROJECT_DIRECTORY, "units/fleet-user", unit), "utf8");

describe("a person's own systemd, beside the machine's", () => {
  let cluster: Cluster;
  let home: Machine;

  beforeAll(async () => {
    cluster = await startCluster({
      machines: [
        {
          enable: [PERSON_SERVICE],
          files: {
            ...PERSON_FILES,
            [`${UNITS}/fleet.service`]: shipped("fleet.service"),
            [`${UNITS}/fleet.socket`]: shipped("fleet.socket"),
          },
        },
      ],
      agentTtl: "3s",
      evidenceDirectory: "test-results/systemd-user",
    });
    home = cluster.machines[0] as Machine;
    const settings = `etcd_servers=${cluster.etcd.endpoint}\netcd_key_prefix=/core/\nagent_ttl=3s\n`;
    await home.exec("install", "-d", "/home/core/.config/fleet");
    await writeFile(home.path("/home/core/.config/fleet/fleet.conf"), settings);
    await writeFile(home.path("/home/core/own.service"), SAMPLE);
    await home.exec("chown", "-R", "core:core", "/home/core/.config", "/home/core/own.service");
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const fleetctl = (...args: readonly string[]): Promise<string> =>
    asCore(home, "fleetctl", `--endpoint=unix://${PERSON_RUNTIME}/fleet.sock`, ...args);
  const shown = async (unit: string, property: string): Promise<string> =>
    (
      await asCore(home, "systemctl", "--user", "show", `--property=${property}`, "--value", unit)
    ).trim();

  async function untilShown(unit: string, property: string, wanted: string): Promise<void> {
    await until(`${property} of ${unit} is ${wanted}`, async () => {
      const saw = await shown(unit, property);
      return saw === wanted ? { done: true, value: undefined } : { done: false, saw };
    });
  }

  test("runs this person's units as this person, and the machine's fleet knows nothing of them", async () => {
    await asCore(home, "systemctl", "--user", "start", "fleet.socket", "fleet.service");
    await untilShown("fleet", "StatusText", "In the cluster");
    await fleetctl("start", "/home/core/own.service");
    expect(await fleetctl("list-units", "--no-legend", "--fields=unit,active")).toBe(
      "own.service\tactive\n",
    );
    const pid = await shown("own.service", "MainPID");
    expect(await home.exec("stat", "--format=%U", `/proc/${pid}`)).toBe("core\n");
    expect(await cluster.fleetctl("list-units", "--no-legend")).toBe("");
  });

  test("keeps them over a restart of its daemon, and ends them when it leaves", async () => {
    const before = await shown("own.service", "MainPID");
    expect(before).not.toBe("0");
    await asCore(home, "systemctl", "--user", "restart", "fleet");
    await untilShown("fleet", "StatusText", "In the cluster");
    expect(await shown("own.service", "MainPID")).toBe(before);
    await asCore(home, "systemctl", "--user", "stop", "fleet");
    expect(await shown("own.service", "LoadState")).toBe("not-found");
    await untilShown("fleet.socket", "ActiveState", "inactive");
  });
});
