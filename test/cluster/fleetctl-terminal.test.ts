import { createServer } from "node:net";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "@fleet/rig";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";

import { temporaryDirectory } from "./support/fixtures.ts";
import { scenarioCluster } from "./support/scenario-cluster.ts";
import { Terminal } from "./support/terminal.ts";

// What a person sees: a real terminal, a real cluster.

/** Starts as soon as somebody lets it. */
const GATED = `[Service]
ExecStartPre=/bin/sh -c 'until [ -e /run/gate ]; do sleep 0.05; done'
ExecStart=/bin/sleep infinity
TimeoutStopSec=60
`;
const STUBBORN = `[Service]
ExecStart=/bin/sleep infinity
ExecStop=/bin/sh -c 'until [ -e /run/gate ]; do sleep 0.05; done'
TimeoutStopSec=60
`;
const NOWHERE = `[Service]
ExecStart=/bin/sleep infinity

[X-Fleet]
MachineMetadata=hostname=nowhere
`;
const SLOW = `[Service]
ExecStartPre=/bin/sleep 3
ExecStart=/bin/sleep infinity
`;
const BROKEN = `[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo the disk is on fire; exit 3'
`;

const TEXTS: Readonly<Record<string, string>> = {
  gated: GATED,
  stubborn: STUBBORN,
  nowhere: NOWHERE,
  slow: SLOW,
  broken: BROKEN,
  idle: "[Unit]\nDescription=Nothing to run\n",
};

/** How soon a program has to be over after Ctrl-C. */
const AT_ONCE_MS = 2000;

describe("fleetctl in a terminal", () => {
  const smoke = scenarioCluster(1);
  const { fleet } = smoke;

  const theMachine = (): Machine => {
    const [machine] = smoke.cluster.machines;
    if (machine === undefined) throw new Error("no machine");
    return machine;
  };

  /** The unit's file in a directory of its own. */
  const fileOf = async (unit: string): Promise<string> => {
    const file = join(await temporaryDirectory(), `${unit}.service`);
    await writeFile(file, TEXTS[unit] ?? "");
    return file;
  };

  const openGate = async (): Promise<void> => {
    await theMachine().exec("touch", "/run/gate");
  };

  // Before the cluster is cleared: what waits for the gate is in the way.
  afterEach(openGate);

  /** fleetctl in a terminal; the gate is closed until the test or its end opens it. */
  const terminal = async (...args: readonly string[]): Promise<Terminal> => {
    await theMachine().exec("rm", "-f", "/run/gate");
    return Terminal.open([await smoke.cluster.writeFleetctl([theMachine()]), ...args]);
  };

  const place = (): string => `${theMachine().id.slice(0, 8)}.../${theMachine().address}`;

  test("start shows what it waits for in place, and leaves only what came of it", async () => {
    const screen = await terminal("start", await fileOf("gated"));
    await screen.untilShown(
      `Waiting for unit gated.service: it is activating (start-pre) on ${place()}`,
    );
    await openGate();
    expect(await screen.ended()).toBe(0);
    expect(await screen.lines()).toEqual([
      "Unit gated.service inactive",
      `Unit gated.service launched on ${place()}`,
    ]);
  });

  test("start in a pipe says each change in a line on stderr", async () => {
    const { status, stdout, stderr } = await fleet.tryFleetctl(["start", await fileOf("slow")]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `Unit slow.service inactive\nUnit slow.service launched on ${place()}\n`,
    });
    expect(stderr).toBe(
      [
        `Waiting for unit slow.service: it is activating (start-pre) on ${place()}`,
        `Unit slow.service: it is active (running) on ${place()}\n`,
      ].join("\n"),
    );
  });

  test("start of a unit that fails ends with its last log lines", async () => {
    const { status, stderr } = await fleet.tryFleetctl(["start", await fileOf("broken")]);
    expect(status).toBe(1);
    const failure = `unit broken.service has failed on ${place()}`;
    expect(stderr).toContain(`Error waiting for units: ${failure}: `);
    expect(stderr).toContain(": the disk is on fire\n");
  });

  test("start of a unit that systemd does not take ends with systemd's reason", async () => {
    const { status, stderr } = await fleet.tryFleetctl(["start", await fileOf("idle")]);
    expect(status).toBe(1);
    const failure = `unit idle.service is not launched on ${place()}`;
    expect(stderr).toContain(`Error waiting for units: ${failure}: `);
    expect(stderr).toMatch(/idle\.service: Service has no ExecStart=/);
  });

  describe("Ctrl-C ends a wait at once, with 130", () => {
    /** Presses Ctrl-C once the words are there. */
    const interrupted = async (screen: Terminal, words: string): Promise<number> => {
      await screen.untilShown(words);
      await screen.press("C-c");
      return screen.ended(AT_ONCE_MS);
    };

    test.for(["start", "load"])("%s of a unit that no machine takes", async (command) => {
      const screen = await terminal(command, await fileOf("nowhere"));
      expect(await interrupted(screen, "metadata hostname=nowhere is required")).toBe(130);
      expect(await screen.lines()).toEqual(["Unit nowhere.service inactive"]);
      // Nothing is half done: the wish stays.
      expect((await fleet.listUnitFiles())[0]?.desired).toBe(
        command === "start" ? "launched" : "loaded",
      );
    });

    test("start of a unit that is slow to start", async () => {
      const screen = await terminal("start", await fileOf("gated"));
      expect(await interrupted(screen, "it is activating (start-pre)")).toBe(130);
    });

    test.for(["stop", "restart"])("%s of a unit that is slow to stop", async (command) => {
      await fleet.fleetctl("start", await fileOf("stubborn"));
      const screen = await terminal(command, "stubborn");
      expect(await interrupted(screen, "Waiting for unit stubborn.service: ")).toBe(130);
    });

    test("journal -f", async () => {
      await fleet.fleetctl("start", "hello.service");
      const screen = await terminal("journal", "--sudo", "-f", "hello");
      expect(await interrupted(screen, "Hello, World!")).toBe(130);
    });

    test("a command over ssh, which ends there, too", async () => {
      const screen = await terminal("ssh", theMachine().id, "echo here; sleep 1000");
      expect(await interrupted(screen, "here")).toBe(130);
    });

    test.for<[what: string, args: (machine: Machine) => readonly string[]]>([
      ["a machine's", ({ id }) => ["ssh", id, "true"]],
      ["a tunnel's", ({ address }) => [`--tunnel=${address}`, "list-units"]],
    ])("the question about %s host key", async ([, args]) => {
      const file = join(await temporaryDirectory(), "known_hosts");
      const screen = await terminal(`--known-hosts-file=${file}`, ...args(theMachine()));
      expect(await interrupted(screen, "(yes/no")).toBe(130);
    });

    test("a server that does not answer", async () => {
      const socket = join(await temporaryDirectory(), "silent");
      const connected = new Promise<void>((resolve) => {
        const server = createServer(() => resolve());
        server.listen(socket);
        onTestFinished(() => void server.close());
      });
      const args = [`--endpoint=unix://${socket}`, "--request-timeout=0", "list-units"];
      const screen = await terminal(...args);
      await connected;
      await screen.press("C-c");
      expect(await screen.ended(AT_ONCE_MS)).toBe(130);
    });
  });

  describe("an unknown host key is asked about on the terminal", () => {
    test.for<[answer: string, status: number, stored: boolean]>([
      ["yes", 0, true],
      ["no", 255, false],
    ])("%s", async ([answer, status, isStored]) => {
      const file = join(await temporaryDirectory(), "known_hosts");
      const { id, address } = theMachine();
      const screen = await terminal(`--known-hosts-file=${file}`, "ssh", id, "echo there");
      await screen.untilShown("(yes/no");
      await screen.type(answer);
      await screen.press("Enter");
      expect(await screen.ended()).toBe(status);
      const shown = (await screen.lines()).join("\n");
      expect(shown).toContain(isStored ? "there" : "Host key verification failed.");
      const stored = await readFile(file, "utf8").catch(() => "");
      expect(stored.startsWith(`${address} `)).toBe(isStored);
    });
  });

  test("ssh opens a shell on a terminal of its own, whose status does not count", async () => {
    const screen = await terminal("ssh", theMachine().id);
    await screen.type("tty; exit 3");
    await screen.press("Enter");
    expect(await screen.ended()).toBe(0);
    expect((await screen.lines()).join("\n")).toMatch(/^\/dev\/pts\/\d+$/m);
  });
});
