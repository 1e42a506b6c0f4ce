import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { serialiseUnitFile } from "@fleet/core";
import { beforeEach, describe, expect, test } from "vitest";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

// Where units come from.

const OLD = "[Service]\nExecStart=/bin/old\n";
const NEW = "[Service]\nExecStart=/bin/new\n";

let cluster: TestCluster;
let directory: string;

beforeEach(async () => {
  cluster = await clusterOfOne();
  ({ directory } = cluster.terminal);
});

/** A path in the test's directory. */
const at = (name: string): string => join(directory, name);

async function textOf(name: string): Promise<string | undefined> {
  const file = await cluster.fileOf(name);
  return file && serialiseUnitFile(file);
}

const failure = (reason: string): object => ({
  status: 1,
  stdout: "",
  stderr: `Error creating units: ${reason}\n`,
});

describe("a unit that the cluster has not", () => {
  test("is created from its file", async () => {
    await cluster.terminal.write("a.service", NEW);
    expect(await cluster.run("submit", at("a"))).toEqual({
      status: 0,
      stdout: "Unit a.service inactive\n",
      stderr: "",
    });
    expect(await textOf("a.service")).toBe(NEW);
    expect(await cluster.targetOf("a.service")).toBe("inactive");
  });

  test("is created under its instance's name from a template beside it", async () => {
    await cluster.terminal.write("t@.service", NEW);
    const ended = await cluster.run("submit", at("t@1.service"));
    expect(ended).toEqual({ status: 0, stdout: "Unit t@1.service inactive\n", stderr: "" });
    expect(await textOf("t@1.service")).toBe(NEW);
    expect(await textOf("t@.service")).toBeUndefined();
  });

  test("is created from the cluster's template even when a newer one lies here", async () => {
    await cluster.put("t@.service", "inactive", OLD);
    await cluster.terminal.write("t@.service", NEW);
    expect(await cluster.run("submit", at("t@1"))).toEqual({
      status: 0,
      stdout: "Unit t@1.service inactive\n",
      stderr: `WARNING: Unit t@.service in registry differs from local template unit file ${at("t@1.service")}. Add --replace to override.\n`,
    });
    expect(await textOf("t@1.service")).toBe(OLD);
  });

  test("prefers its own file to any template", async () => {
    await cluster.put("t@.service", "inactive", OLD);
    await cluster.terminal.write("t@1.service", NEW);
    await cluster.run("submit", at("t@1"));
    expect(await textOf("t@1.service")).toBe(NEW);
  });

  test("is created once when it is named twice", async () => {
    await cluster.terminal.write("a.service", NEW);
    const ended = await cluster.run("submit", at("a"), at("a.service"));
    expect(ended).toEqual({ status: 0, stdout: "Unit a.service inactive\n", stderr: "" });
  });

  test("is told of when fleet does not know what it asks for", async () => {
    await cluster.terminal.write("a.service", "[X-Fleet]\nMachine=x\n");
    const { status, stderr } = await cluster.run("submit", at("a"));
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^\d{4}(?:\/\d\d){2} \d\d:\d\d:\d\d WARN \S+: Unit a\.service: unrecognized requirement in \[X-Fleet\] section: "Machine"\n$/,
    );
  });

  test.for([
    ["banana", true],
    ["TRUE", false],
    ["off", false],
    ["", false],
  ] as const)("with Global=%s is doubted: %s", async ([value, isDoubted]) => {
    await cluster.terminal.write("a.service", `[X-Fleet]\nGlobal=${value}\n`);
    const { status, stderr } = await cluster.run("submit", at("a"));
    expect(status).toBe(0);
    const doubt = `Unit a.service: unrecognized value of Global in [X-Fleet] section: "${value}" is taken for false\n`;
    expect(stderr.endsWith(doubt)).toBe(isDoubted);
    expect(stderr === "").toBe(!isDoubted);
  });

  test.for([
    ["garbage", "garbage"],
    ["region=", "region="],
    ['"region=eu" "a=b=c"', "a=b=c"],
    ["region=eu", undefined],
  ] as const)("with MachineMetadata=%s is doubted: %s", async ([value, idle]) => {
    await cluster.terminal.write("a.service", `[X-Fleet]\nMachineMetadata=${value}\n`);
    const { status, stderr } = await cluster.run("submit", at("a"));
    expect(status).toBe(0);
    const doubt = `Unit a.service: unrecognized value of MachineMetadata in [X-Fleet] section: "${idle}" is no key=value and requires nothing\n`;
    expect(stderr.endsWith(doubt)).toBe(idle !== undefined);
    expect(stderr === "").toBe(idle === undefined);
  });

  test.for<[string, string | undefined, (path: string) => string]>([
    ["no.service", undefined, () => "unable to find Unit(no.service) in Registry or on filesystem"],
    [
      "t@1.service",
      undefined,
      (path) =>
        `failed getting Unit(${path}) from template: unable to find template Unit(t@.service) in Registry or on filesystem`,
    ],
    [
      "a.service",
      "[Service]\nExecStart\n",
      (path) =>
        `failed getting Unit(${path}) from file: unexpected newline encountered while parsing option name (${path}, line 2)`,
    ],
    ["a.service", "", () => "failed creating unit a.service: the unit file has no options"],
    [
      "a b.service",
      NEW,
      () => "failed creating unit a b.service: invalid character ' ' in unit name",
    ],
    [
      "a.service",
      "[X-Fleet]\nMachineID=x\nGlobal=true\n",
      (path) =>
        `failed creating unit a.service: MachineID cannot be used with Global (${path}, line 2, 3)`,
    ],
    [
      "a.service",
      "[Unit]\nGlobal=x\n\n[X-Fleet]\nX-ConditionMachineOf=b.service\n\n Global = true\n",
      (path) =>
        `failed creating unit a.service: Global cannot be used with Peers (X-ConditionMachineOf; ${path}, line 5, 7)`,
    ],
    [
      "a.service",
      "[X-Fleet]\nMachineOf=b.service\nConflicts=b.*\n",
      (path) =>
        `failed creating unit a.service: unresolvable requirements: peer "b.service" matches conflict "b.*" (MachineOf, Conflicts; ${path}, line 2, 3)`,
    ],
    [
      "a.service",
      "[X-Fleet]\nOnIsolation=stop\nMoveAfter=soon\n",
      (path) =>
        `failed creating unit a.service: MoveAfter="soon" is not a duration such as 30s or 1m30s (${path}, line 3)`,
    ],
    [
      "a.service",
      "[X-Fleet]\nOnIsolation=sotp\n",
      (path) =>
        `failed creating unit a.service: OnIsolation="sotp" is neither keep nor stop (${path}, line 2)`,
    ],
    [
      "a.service",
      "[X-Fleet]\nMoveAfter=1m\nHandover=stop\n",
      (path) =>
        `failed creating unit a.service: Handover="stop" is neither start-first nor stop-first (${path}, line 3)`,
    ],
    [
      "a.service",
      "[X-Fleet]\nHandover=start-first\nMoveAfter=1m\nOnIsolation=stop\n",
      (path) =>
        `failed creating unit a.service: OnIsolation=stop cannot be used with Handover=start-first (${path}, line 2, 4)`,
    ],
  ])("%s with the text %o cannot be created", async ([name, text, reason]) => {
    if (text !== undefined) await cluster.terminal.write(name, text);
    expect(await cluster.run("submit", at(name))).toEqual(failure(reason(at(name))));
  });

  test("a directory is no unit file", async () => {
    await mkdir(at("dir.service"));
    const path = at("dir.service");
    const reason = `failed getting Unit(${path}) from file: read ${path}: is a directory`;
    expect(await cluster.run("submit", at("dir"))).toEqual(failure(reason));
  });
});

describe.for(["submit", "load", "start", "restart"])("%s of several units", (command) => {
  test.for<[what: string, name: string, text: string | undefined, reason: string]>([
    ["is missing", "bad.service", undefined, "unable to find Unit(bad.service)"],
    ["is empty", "bad.service", "# nothing\n", "the unit file has no options"],
    ["cannot be read", "bad.service", "[Service\n", "unable to find end of section"],
    ["contradicts itself", "bad.service", "[X-Fleet]\nGlobal=1\nMachineOf=a\n", "Global cannot be"],
    ["has a name that is refused", "b d.service", NEW, "invalid character ' '"],
  ])("changes nothing when one %s", async ([, name, text, reason]) => {
    for (const good of ["a.service", "z.service"]) await cluster.terminal.write(good, NEW);
    if (text !== undefined) await cluster.terminal.write(name, text);
    const words = ["a", name, "z"].map(at);
    const { status, stdout, stderr } = await cluster.run(command, ...words);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^Error creating units: .+\n$/);
    expect(stderr).toContain(reason);
    const stored = await Promise.all(["a.service", "z.service"].map((good) => textOf(good)));
    expect(stored).toEqual([undefined, undefined]);
  });
});

test("the first of several units that cannot be created is told of", async () => {
  const ended = await cluster.run("submit", at("one"), at("two"));
  expect(ended).toEqual(failure("unable to find Unit(one.service) in Registry or on filesystem"));
});

describe("a unit that the cluster has", () => {
  test("stays as it is, with a warning where the file here differs", async () => {
    await cluster.put("a.service", "inactive", OLD);
    await cluster.terminal.write("a.service", NEW);
    expect(await cluster.run("submit", at("a"))).toEqual({
      status: 0,
      stdout: "",
      stderr: `WARNING: Unit a.service in registry differs from local unit file ${at("a.service")}. Add --replace to override.\n`,
    });
    expect(await textOf("a.service")).toBe(OLD);
  });

  test("is compared with its template where it has no file of its own here", async () => {
    await cluster.put("t@1.service", "inactive", OLD);
    await cluster.terminal.write("t@.service", NEW);
    const { stderr } = await cluster.run("submit", at("t@1"));
    expect(stderr).toBe(
      `WARNING: Unit t@1.service in registry differs from local template unit file ${at("t@1.service")}. Add --replace to override.\n`,
    );
  });

  test.for([
    ["no file here", undefined],
    ["a file that says the same", `# a comment\n${OLD}`],
    ["a file that cannot be read", "[Service"],
  ] as const)("stays without a word: %s", async ([, text]) => {
    await cluster.put("a.service", "inactive", OLD);
    if (text !== undefined) await cluster.terminal.write("a.service", text);
    expect(await cluster.run("submit", at("a"))).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

describe("a unit that somebody else creates at the same moment", () => {
  const DIFFERS = (): string =>
    `WARNING: Unit a.service in registry differs from local unit file ${at("a.service")}. Add --replace to override.\n`;

  /** Runs a command on a.service; once it has seen that there is none and reads the file, somebody creates it from the same. */
  async function runLate(argv: readonly string[], fileAfterwards: string) {
    await promisify(execFile)("mkfifo", [at("a.service")]);
    const running = cluster.run(...argv, at("a"));
    const pipe = await open(at("a.service"), "w");
    await cluster.put("a.service", "launched", NEW);
    await rm(at("a.service"));
    await cluster.terminal.write("a.service", fileAfterwards);
    await pipe.writeFile(NEW);
    await pipe.close();
    return running;
  }

  test.for<[argv: string[], target: string, stdout: string]>([
    [["submit"], "launched", ""],
    [["load"], "loaded", "Unit a.service loaded on m1.../10.0.0.1\n"],
    [["start"], "launched", ""],
    [["start", "--replace"], "launched", "Found same Unit(a.service) in Registry, nothing to do\n"],
  ])("%o goes on as if it had been there before", async ([argv, target, stdout]) => {
    expect(await runLate(argv, NEW)).toEqual({ status: 0, stdout, stderr: "" });
    expect(await cluster.targetOf("a.service")).toBe(target);
  });

  test("is told of when it differs by now from the file here", async () => {
    expect(await runLate(["start"], OLD)).toEqual({ status: 0, stdout: "", stderr: DIFFERS() });
    expect(await textOf("a.service")).toBe(NEW);
  });

  test("is not replaced by a command that may not", async () => {
    const { status, stderr } = await runLate(["submit", "--replace"], OLD);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `Warning: can not replace Unit(a.service) in state 'launched', use the appropriate command: fleetctl start --replace ${at("a.service")}\n`,
    });
    expect(await textOf("a.service")).toBe(NEW);
  });
});

describe("--replace", () => {
  test("replaces a file that differs, and the unit begins anew", async () => {
    await cluster.put("a.service", "launched", OLD);
    await cluster.terminal.write("a.service", NEW);
    expect(await cluster.run("start", "--replace", at("a"))).toEqual({
      status: 0,
      stdout: "Unit a.service inactive\nUnit a.service launched on m1.../10.0.0.1\n",
      stderr: "",
    });
    expect(await textOf("a.service")).toBe(NEW);
  });

  test("leaves a unit alone whose file is the same", async () => {
    await cluster.put("a.service", "inactive", OLD);
    await cluster.terminal.write("a.service", OLD);
    expect(await cluster.run("submit", "--replace", at("a"))).toEqual({
      status: 0,
      stdout: "Found same Unit(a.service) in Registry, nothing to do\n",
      stderr: "",
    });
  });

  test.for([
    ["submit", "loaded", false],
    ["submit", "launched", false],
    ["load", "loaded", true],
    ["load", "launched", false],
    ["start", "loaded", true],
    ["star", "launched", true],
  ] as const)("%s of a unit that is %s: %s", async ([command, target, isReplaced]) => {
    await cluster.put("a.service", target, OLD);
    await cluster.terminal.write("a.service", NEW);
    const { status, stderr } = await cluster.run(command, "--replace", at("a"));
    const fitting = target === "launched" ? "start" : "load";
    const refusal = `Warning: can not replace Unit(a.service) in state '${target}', use the appropriate command: fleetctl ${fitting} --replace ${at("a.service")}\n`;
    expect({ status, stderr, text: await textOf("a.service") }).toEqual({
      status: isReplaced ? 0 : 1,
      stderr: isReplaced ? "" : refusal,
      text: isReplaced ? NEW : OLD,
    });
  });

  test("what is refused is not stopped, and nothing else is changed", async () => {
    await cluster.put("a.service", "launched", OLD);
    await cluster.put("b.service", "inactive", OLD);
    await cluster.terminal.write("a.service", NEW);
    await cluster.terminal.write("b.service", NEW);
    const { status } = await cluster.run("load", "--replace", at("a"), at("b"));
    expect({
      status,
      a: await cluster.targetOf("a.service"),
      b: await textOf("b.service"),
    }).toEqual({ status: 1, a: "launched", b: OLD });
  });

  test("needs a file", async () => {
    await cluster.put("a.service", "inactive", OLD);
    await cluster.put("t@1.service", "inactive", OLD);
    expect(await cluster.run("submit", "--replace", at("a"))).toEqual(
      failure(`error Unit ${at("a.service")} does not seem to be a template unit`),
    );
    expect(await cluster.run("submit", "--replace", at("t@1"))).toEqual(
      failure(`stat ${at("t@.service")}: no such file or directory`),
    );
  });
});

test("a file that only the template explains is not replaced by itself", async () => {
  await cluster.put("t@.service", "inactive", OLD);
  await cluster.put("t@1.service", "inactive", OLD);
  await cluster.terminal.write("t@.service", NEW);
  const { status, stderr } = await cluster.run("submit", "--replace", at("t@1"));
  expect(status).toBe(1);
  expect(stderr).toBe(
    "Error creating units: failed creating unit t@1.service: googleapi: Error 409: must provide DesiredState to update existing unit\n",
  );
});

test("a cluster that does not answer is told of", async () => {
  cluster.failFromNowOn();
  expect(await cluster.run("start", "a")).toEqual(
    failure(
      "error retrieving Unit(a.service) from Registry: googleapi: Error 503: fleet server unable to communicate with etcd",
    ),
  );
});

test.for(["submit", "load", "start", "restart", "stop", "unload", "destroy"])(
  "%s without units says so and succeeds",
  async (command) => {
    expect(await cluster.run(command)).toEqual({
      status: 0,
      stdout: "",
      stderr: "No units given\n",
    });
  },
);
