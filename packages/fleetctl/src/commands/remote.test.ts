import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { UnitState } from "@fleet/core";

import { TestCluster } from "../../testing/index.ts";

// What status, journal and ssh ask of the programs they leave the work to; these are scripts here.

const LOCAL = "aaaaaaaaaaaa";
const OTHER = "bbbbbbbbbbbb";
const GLOBAL = "[X-Fleet]\nGlobal=true\n";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.open();
  await cluster.terminal.write("machine-id", `${LOCAL}\n`);
  await cluster.terminal.program("ssh", 'echo "over ssh"; exit ${SSH_STATUS:-0}');
  await cluster.terminal.program("systemctl", 'echo "status of $3"; exit ${LOCAL_STATUS:-0}');
  await cluster.terminal.program("journalctl", 'echo "journal of $2"; exit ${LOCAL_STATUS:-0}');
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** What the last call of ssh ran where: the machine, then the command where it is not a shell. */
async function sshRan(): Promise<readonly string[]> {
  const call = (await cluster.terminal.calls()).findLast(([program]) => program === "ssh");
  const ran = call?.slice(call.indexOf("--") + 1) ?? [];
  return ran.filter((line) => line !== "trap 'exit 130' INT" && line !== "exit $?");
}

describe("on this machine", () => {
  beforeEach(async () => {
    await cluster.join(LOCAL, "10.0.0.1");
    await cluster.put("a.service", "launched");
    await cluster.put("b.service", "loaded");
  });

  test("status asks systemctl itself, with an empty line between units", async () => {
    expect(await cluster.run("status", "a", "b")).toEqual({
      status: 0,
      stdout: "status of a.service\n\nstatus of b.service\n",
      stderr: "",
    });
    expect((await cluster.terminal.calls())[0]).toEqual(["systemctl", "status", "-l", "a.service"]);
  });

  test("status ends with the first status that is not 0", async () => {
    cluster.terminal.env["LOCAL_STATUS"] = "3";
    expect(await cluster.run("status", "a", "b")).toEqual({
      status: 3,
      stdout: "status of a.service\n",
      stderr: "",
    });
  });

  test("status of a unit that does not run says what its machine could not do", async () => {
    cluster.terminal.env["LOCAL_STATUS"] = "3";
    cluster.cast("c.service", () => ["inactive dead"]);
    cluster.adorn("c.service", { error: "its start was refused: Unit x.service not found." });
    await cluster.put("c.service", "launched");
    expect(await cluster.run("status", "c")).toEqual({
      status: 3,
      stdout: "status of c.service\n",
      stderr:
        "Unit c.service on aaaaaaaa.../10.0.0.1: its start was refused: Unit x.service not found.\n",
    });
  });

  test("journal asks journalctl itself", async () => {
    expect(await cluster.run("journal", "a")).toEqual({
      status: 0,
      stdout: "journal of a.service\n",
      stderr: "",
    });
    const args = ["--unit", "a.service", "--no-pager", "-n", "10", "--output", "short"];
    expect(await cluster.terminal.calls()).toEqual([["journalctl", ...args]]);
  });

  test("journal's flags are journalctl's, also under sudo", async () => {
    await cluster.terminal.program("sudo", "");
    const flags = ["--lines=0x10", "--output", "cat", "-f", "--sudo"];
    await cluster.run("journal", ...flags, "a");
    const args = ["--unit", "a.service", "--no-pager", "-n", "16", "--output", "cat", "-f"];
    expect(await cluster.terminal.calls()).toEqual([["sudo", "journalctl", ...args]]);
  });

  test("a program that is missing is said to be so", async () => {
    cluster.terminal.env["PATH"] = "/nowhere";
    expect(await cluster.run("status", "a")).toEqual({
      status: 255,
      stdout: "",
      stderr: "Error running local command: exec: not started\n",
    });
  });

  test("ssh goes there all the same", async () => {
    expect((await cluster.run("ssh", "a.service", "uptime")).stdout).toBe("over ssh\n");
  });
});

describe("on another machine", () => {
  beforeEach(async () => {
    await cluster.join(OTHER, "10.0.0.2");
    await cluster.put("a.service", "launched");
  });

  test.for<[string[], string]>([
    [["status", "a"], 'systemctl "status" "-l" "a.service"'],
    [
      ["journal", "--lines=3", "a"],
      'journalctl "--unit" "a.service" "--no-pager" "-n" "3" "--output" "short"',
    ],
  ])("%o goes over ssh", async ([argv, sent]) => {
    expect(await cluster.run(...argv)).toEqual({ status: 0, stdout: "over ssh\n", stderr: "" });
    expect(await sshRan()).toEqual(["10.0.0.2", sent]);
  });

  test.for(["status", "journal"])("%s passes the exit status on", async (command) => {
    cluster.terminal.env["SSH_STATUS"] = "3";
    expect((await cluster.run(command, "a")).status).toBe(3);
  });

  test.for(["status", "journal"])("%s tells when ssh itself fails", async (command) => {
    cluster.terminal.env["SSH_STATUS"] = "255";
    expect(await cluster.run(command, "a")).toEqual({
      status: 255,
      stdout: "over ssh\n",
      stderr: "Unable to SSH to remote host: ssh to 10.0.0.2 ended with status 255\n",
    });
  });

  test("the flags of SSH are passed on", async () => {
    const flags = ["--ssh-username=me", "--ssh-timeout=2.5", "--ssh-port=2222"];
    await cluster.run(...flags, "--strict-host-key-checking=false", "status", "a");
    const [call = []] = await cluster.terminal.calls();
    expect(call.slice(1, 5)).toEqual(["-l", "me", "-o", "ConnectTimeout=3"]);
    expect(call).toContain("UserKnownHostsFile=/dev/null");
    expect(call.join(" ")).toContain("-p 2222 -- 10.0.0.2");
  });
});

describe("everywhere: a global unit", () => {
  beforeEach(async () => {
    await cluster.join(OTHER, "10.0.0.2");
    await cluster.join(LOCAL, "10.0.0.1");
    await cluster.put("g.service", "launched", GLOBAL);
  });

  test.for([
    ["status", "status of g.service"],
    ["journal", "journal of g.service"],
  ] as const)("%s asks every machine and says which answers", async ([command, local]) => {
    const { status, stdout, stderr } = await cluster.run(command, "g");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n").toSorted()).toEqual([
      `aaaaaaaa.../10.0.0.1: ${local}`,
      "bbbbbbbb.../10.0.0.2: over ssh",
    ]);
  });

  test("journal -f follows more machines than are asked at once", async () => {
    const machines = Array.from({ length: 12 }, (_, index) => `c${index}`);
    for (const id of machines) await cluster.join(id, `10.0.1.${machines.indexOf(id)}`);
    // Each waits until the last has begun.
    const begun = `/bin/grep -c '^ssh$' '${cluster.terminal.directory}/calls'`;
    await cluster.terminal.program("ssh", `until [ $(${begun}) = 13 ]; do /bin/sleep 0.05; done`);
    await cluster.put("h.service", "launched", GLOBAL);
    expect((await cluster.run("journal", "-f", "h")).status).toBe(0);
  });

  test("status ends with the first status, by machine, that is not 0", async () => {
    Object.assign(cluster.terminal.env, { LOCAL_STATUS: "0", SSH_STATUS: "4" });
    expect((await cluster.run("status", "g")).status).toBe(4);
    Object.assign(cluster.terminal.env, { LOCAL_STATUS: "3" });
    expect((await cluster.run("status", "g")).status).toBe(3);
  });

  test("a machine that cannot be reached does not hide the others", async () => {
    cluster.terminal.env["SSH_STATUS"] = "255";
    const { status, stdout, stderr } = await cluster.run("status", "g");
    expect({ status, stderr }).toEqual({
      status: 255,
      stderr:
        "bbbbbbbb.../10.0.0.2: Unable to SSH to remote host: ssh to 10.0.0.2 ended with status 255\n",
    });
    expect(stdout).toContain("aaaaaaaa.../10.0.0.1: status of g.service\n");
  });

  test("status comes after that of other units, and takes a flag that old scripts pass", async () => {
    await cluster.put("a.service", "launched");
    const { status, stdout } = await cluster.run("status", "--no-block", "g", "a");
    expect(status).toBe(0);
    expect(stdout.startsWith("\nstatus of a.service\n")).toBe(true);
  });
});

describe("what cannot be shown", () => {
  beforeEach(async () => {
    await cluster.join(OTHER, "");
    await cluster.put("idle.service", "inactive");
    await cluster.put("idle-global.service", "inactive", GLOBAL);
  });

  test.for<[string[], string]>([
    [["status", "missing"], "Unit missing.service does not exist."],
    [["status", "idle"], "Unit idle.service does not appear to be loaded."],
    [["status", "idle-global"], "Unit idle-global.service does not appear to be loaded."],
    [["journal"], "One unit file must be provided."],
    [["journal", "a", "b"], "One unit file must be provided."],
    [["journal", "missing"], "Unit missing.service does not exist."],
    [["journal", "idle"], "Unit idle.service does not appear to be running."],
    [["journal", "idle-global"], "Unit idle-global.service does not appear to be running."],
  ])("%o: %s", async ([argv, message]) => {
    expect(await cluster.run(...argv)).toEqual({ status: 1, stdout: "", stderr: `${message}\n` });
  });

  test.for<[string, Partial<UnitState> | "nowhere", string]>([
    ["has no machine", "nowhere", "It is to be launched, but no machine is present."],
    [
      "its machine cannot load",
      { loadState: "error", currentState: "inactive", error: "it belongs to this machine" },
      "It is loading on bbbbbbbb...: it belongs to this machine",
    ],
    [
      "waits while its machine is away",
      { currentState: "inactive" },
      "It was on bbbbbbbb..., which is away, and no machine is present.",
    ],
  ])("status says why a unit %s", async ([, facts, reason]) => {
    if (facts === "nowhere") cluster.cast("w.service", () => ["nowhere"]);
    else {
      cluster.cast("w.service", () => ["inactive dead"]);
      cluster.adorn("w.service", facts);
    }
    await cluster.put("w.service", "launched");
    if (!reason.startsWith("It is loading")) {
      await cluster.leave(OTHER);
      await cluster.explainWait("w.service", { machines: 0, reasons: [] });
    }
    expect(await cluster.run("status", "w")).toEqual({
      status: 1,
      stdout: "",
      stderr: `Unit w.service does not appear to be loaded.\n${reason}\n`,
    });
  });

  test("status without units says that there are none", async () => {
    expect(await cluster.run("status")).toEqual({
      status: 0,
      stdout: "",
      stderr: "No units given\n",
    });
  });
});

describe("ssh", () => {
  beforeEach(async () => {
    await cluster.join(OTHER, "10.0.0.2");
    await cluster.put("a.service", "launched");
    await cluster.put("bb.service", "inactive");
    await cluster.put("bbb.service", "launched");
    await cluster.put("lone.service", "inactive");
    await cluster.put("g.service", "launched", GLOBAL);
  });

  test.for<[string[], string[]]>([
    [["bbbb"], ["10.0.0.2"]],
    // The unit of this name is on no machine.
    [["bb"], ["10.0.0.2"]],
    [
      ["a", "echo", "foo bar"],
      ["10.0.0.2", "echo foo bar"],
    ],
    [
      ["a", "--", "ls", "-la"],
      ["10.0.0.2", "ls -la"],
    ],
    [
      ["a", "x", "--", "--", "ls"],
      ["10.0.0.2", "ls"],
    ],
    [
      ["-m", "bb", "uptime"],
      ["10.0.0.2", "uptime"],
    ],
    [
      ["--machine=bbbb", "uptime"],
      ["10.0.0.2", "uptime"],
    ],
    [["--unit", "a.service"], ["10.0.0.2"]],
    [
      ["-ua", "uptime"],
      ["10.0.0.2", "uptime"],
    ],
    [["--machine=", "a"], ["10.0.0.2"]],
  ])("%o runs %o", async ([argv, ran]) => {
    expect(await cluster.run("ssh", ...argv)).toEqual({
      status: 0,
      stdout: "over ssh\n",
      stderr: "",
    });
    expect(await sshRan()).toEqual(ran);
  });

  test("-A forwards the agent", async () => {
    await cluster.run("ssh", "-A", "a", "uptime");
    expect((await cluster.terminal.calls())[0]).toContain("-A");
  });

  test("a command's status is passed on, a shell's is not", async () => {
    cluster.terminal.env["SSH_STATUS"] = "7";
    expect((await cluster.run("ssh", "a", "false")).status).toBe(7);
    expect((await cluster.run("ssh", "a")).status).toBe(0);
  });

  test("a failure of ssh itself is told of", async () => {
    cluster.terminal.env["SSH_STATUS"] = "255";
    expect(await cluster.run("ssh", "a", "false")).toEqual({
      status: 255,
      stdout: "over ssh\n",
      stderr: "Failed running command over SSH: ssh to 10.0.0.2 ended with status 255\n",
    });
    expect(await cluster.run("ssh", "a")).toEqual({
      status: 1,
      stdout: "over ssh\n",
      stderr: "Failed opening shell over SSH: ssh to 10.0.0.2 ended with status 255\n",
    });
  });

  test.for<[string[], string]>([
    [[], "Unable to proceed: one machine or unit must be provided"],
    [["nothing"], "Unable to proceed: could not find matching unit or machine"],
    [["g"], "Unable to proceed: could not find matching unit or machine"],
    [["lone"], "Unable to proceed: could not find matching unit or machine"],
    [["--machine=x"], "Unable to proceed: machine does not exist"],
    [["--unit=x"], "Unable to proceed: unit does not exist"],
    [["--unit=g"], "Unable to proceed: global units unsupported"],
    [["--unit=a", "--machine=b"], "Both machine and unit flags provided, please specify only one."],
    [["--unit=bb"], "Could not determine address of machine."],
    [
      ["bbb"],
      "Unable to proceed: ambiguous argument, both machine and unit found for `bbb`.\nPlease use flag `-m` or `-u` to refine the search",
    ],
  ])("%o: %s", async ([argv, message]) => {
    const ended = await cluster.run("ssh", ...argv);
    expect(ended).toEqual({ status: 1, stdout: "", stderr: `${message}\n` });
  });

  test("the beginning of an ID must be that of one machine", async () => {
    await cluster.join("bbbcccc", "10.0.0.3");
    expect((await cluster.run("ssh", "-m", "bbb")).stderr).toBe(
      "Unable to proceed: found more than one machine\n",
    );
  });
});
