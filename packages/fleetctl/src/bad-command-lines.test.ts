import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { TestCluster } from "../testing/index.ts";

// Command lines that make no sense, and exactly what each is answered. None of them changes anything.

const LONG = "a".repeat(300);

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.open();
  await cluster.join("m1", "10.0.0.1");
  cluster.terminal.env["FLEETCTL_ENDPOINT"] = cluster.endpoint;
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

async function expectAnswer(
  argv: readonly string[],
  { status = 1, stderr }: { readonly status?: number; readonly stderr: string },
): Promise<void> {
  expect(await cluster.terminal.run(argv)).toEqual({ status, stdout: "", stderr });
}

/** The usage line of a command, from its help; "fleetctl" stands for none. */
async function usageOf(topic: string): Promise<string> {
  if (topic === "fleetctl") return "fleetctl [flags] COMMAND";
  const { stdout } = await cluster.terminal.run(["help", topic]);
  return /^USAGE:\n\t(?<usage>.*)$/m.exec(stdout)?.groups?.["usage"] ?? "";
}

/** What a flag that cannot be read is answered. */
async function refusal(problem: string, topic: string): Promise<{ readonly stderr: string }> {
  const help = topic === "fleetctl" ? "fleetctl help" : `fleetctl help ${topic}`;
  return {
    stderr: `Error: ${problem}\n\nUSAGE:\n\t${await usageOf(topic)}\n\nRun '${help}' for its flags.\ncannot execute cmdFleet: ${problem}\n`,
  };
}

describe("words that are no command", () => {
  test.for<[argv: string[], word: string, meant: string[]]>([
    [["frob"], "frob", []],
    [["lis"], "lis", ["list-drop-files", "list-machines", "list-unit-files", "list-units"]],
    [["list-unit"], "list-unit", ["list-unit-files", "list-units"]],
    [["LIST-UNITS"], "LIST-UNITS", ["list-units"]],
    [["Start", "a"], "Start", ["start"]],
    [["--no-block", "stop", "a"], "a", ["cat"]],
  ])("%o", async ([argv, word, meant]) => {
    const names = meant.map((name) => `\t${name}\n`).join("");
    const suggestion = names === "" ? "" : `\n\nDid you mean this?\n${names}`;
    const problem = `unknown command "${word}" for "fleetctl"${suggestion}\n`;
    const hint = "Run 'fleetctl --help' for usage.\n";
    await expectAnswer(argv, {
      stderr: `Error: ${problem}${hint}cannot execute cmdFleet: ${problem}`,
    });
  });
});

describe("flags that are none, lack their value or have one that cannot be read", () => {
  test.for<[argv: string[], topic: string, problem: string]>([
    [["--frob"], "fleetctl", "unknown flag: --frob"],
    [["--frob", "list-units"], "fleetctl", "unknown flag: --frob"],
    [["list-units", "--frob"], "list-units", "unknown flag: --frob"],
    [["list-units", "--frob=1"], "list-units", "unknown flag: --frob"],
    [
      ["--debug=x", "list-units"],
      "list-units",
      'invalid argument "x" for --debug=x: strconv.ParseBool: parsing "x": invalid syntax',
    ],
    [["-x"], "fleetctl", "unknown shorthand flag: 'x' in -x"],
    [["-x", "list-units"], "fleetctl", "unknown shorthand flag: 'x' in -x"],
    [["list-units", "-x"], "list-units", "unknown shorthand flag: 'x' in -x"],
    [["list-units", "-lx"], "list-units", "unknown shorthand flag: 'x' in -lx"],
    [["list-unit-files", "-l"], "list-unit-files", "unknown shorthand flag: 'l' in -l"],
    [["list-units", "---full"], "list-units", "bad flag syntax: ---full"],
    [["list-units", "--=x"], "list-units", "bad flag syntax: --=x"],
    [
      ["list-units", "--full=maybe"],
      "list-units",
      'invalid argument "maybe" for --full=maybe: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      ["list-units", "--full="],
      "list-units",
      'invalid argument "" for --full=: strconv.ParseBool: parsing "": invalid syntax',
    ],
    [
      ["list-units", "--no-legend=2"],
      "list-units",
      'invalid argument "2" for --no-legend=2: strconv.ParseBool: parsing "2": invalid syntax',
    ],
    [["list-units", "--fields"], "list-units", "flag needs an argument: --fields"],
    [["list-machines", "--lines=1"], "list-machines", "unknown flag: --lines"],
    [
      ["stop", "--no-block=perhaps", "a"],
      "stop",
      'invalid argument "perhaps" for --no-block=perhaps: strconv.ParseBool: parsing "perhaps": invalid syntax',
    ],
    [
      ["start", "--block-attempts", "a"],
      "start",
      'invalid argument "a" for --block-attempts: strconv.ParseInt: parsing "a": invalid syntax',
    ],
    [
      ["start", "--block-attempts=x", "a"],
      "start",
      'invalid argument "x" for --block-attempts=x: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      ["start", "--block-attempts=1.5", "a"],
      "start",
      'invalid argument "1.5" for --block-attempts=1.5: strconv.ParseInt: parsing "1.5": invalid syntax',
    ],
    [
      ["start", "--block-attempts=99999999999999999999", "a"],
      "start",
      'invalid argument "99999999999999999999" for --block-attempts=99999999999999999999: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    [
      ["start", "--timeout=5", "a"],
      "start",
      'invalid argument "5" for --timeout=5: not a duration such as 90s, 5m or 1h30m',
    ],
    [
      ["start", "--timeout=1x", "a"],
      "start",
      'invalid argument "1x" for --timeout=1x: not a duration such as 90s, 5m or 1h30m',
    ],
    [
      ["start", "--timeout=", "a"],
      "start",
      'invalid argument "" for --timeout=: not a duration such as 90s, 5m or 1h30m',
    ],
    [
      ["load", "--block-attempts=0x", "a"],
      "load",
      'invalid argument "0x" for --block-attempts=0x: strconv.ParseInt: parsing "0x": invalid syntax',
    ],
    [["restart", "--no-block", "a"], "restart", "unknown flag: --no-block"],
    [["submit", "--block-attempts=1", "a"], "submit", "unknown flag: --block-attempts"],
    [["destroy", "--replace", "a"], "destroy", "unknown flag: --replace"],
    [
      ["journal", "--lines=many", "a"],
      "journal",
      'invalid argument "many" for --lines=many: strconv.ParseInt: parsing "many": invalid syntax',
    ],
    [
      ["journal", "--ssh-port=x", "a"],
      "journal",
      'invalid argument "x" for --ssh-port=x: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      ["ssh", "--ssh-port=", "a"],
      "ssh",
      'invalid argument "" for --ssh-port=: strconv.ParseInt: parsing "": invalid syntax',
    ],
    [
      ["--ssh-timeout=soon", "list-units"],
      "list-units",
      'invalid argument "soon" for --ssh-timeout=soon: strconv.ParseFloat: parsing "soon": invalid syntax',
    ],
    [
      ["--request-timeout=abc", "list-units"],
      "list-units",
      'invalid argument "abc" for --request-timeout=abc: strconv.ParseFloat: parsing "abc": invalid syntax',
    ],
    [
      ["--request-timeout=-1", "list-units"],
      "list-units",
      'invalid argument "-1" for --request-timeout=-1: must not be negative',
    ],
    [["--request-timeout"], "fleetctl", "flag needs an argument: --request-timeout"],
    [["--tunnel"], "fleetctl", "flag needs an argument: --tunnel"],
    [["ssh", "missing", "ls", "-la"], "ssh", "unknown shorthand flag: 'l' in -la"],
    [["version", "--tunnel"], "version", "flag needs an argument: --tunnel"],
  ])("%o", async ([argv, topic, problem]) => {
    await expectAnswer(argv, await refusal(problem, topic));
  });
});

describe("variables that cannot be read", () => {
  test.for<[name: string, value: string, problem: string]>([
    ["FLEETCTL_DEBUG", "x", 'strconv.ParseBool: parsing "x": invalid syntax'],
    ["FLEETCTL_SSH_TIMEOUT", "abc", 'strconv.ParseFloat: parsing "abc": invalid syntax'],
    ["FLEETCTL_REQUEST_TIMEOUT", "1s", 'strconv.ParseFloat: parsing "1s": invalid syntax'],
    [
      "FLEETCTL_STRICT_HOST_KEY_CHECKING",
      "maybe",
      'strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
  ])("%s=%s", async ([name, value, reason]) => {
    const problem = `invalid argument "${value}" for ${name}: ${reason}`;
    const answer = await refusal(problem, "list-units");
    cluster.terminal.env[name] = value;
    try {
      await expectAnswer(["list-units"], answer);
    } finally {
      delete cluster.terminal.env[name];
    }
  });
});

/** What is said first of an endpoint that is no URL. */
function adviceOn(argv: readonly string[]): string {
  const endpoint = argv.find((word) => word.startsWith("--endpoint="));
  if (endpoint === undefined) return "";
  return `${endpoint} is no URL that fleetctl can use. Use unix:///path, http://host:port or https://host:port.\n`;
}

describe("an API that cannot be meant", () => {
  test.for<[argv: string[], reason: string]>([
    [["list-units", "--driver=foo"], 'unrecognized driver "foo"'],
    [["list-units", "--endpoint="], "URL scheme undefined"],
    [["list-units", "--endpoint=/run/fleet.sock"], "URL scheme undefined"],
    [
      ["list-units", "--endpoint=unix://run/fleet.sock"],
      'unable to connect to host "run" with scheme "unix"',
    ],
    [["list-units", "--endpoint=http://[::1"], "parse \"http://[::1\": missing ']' in host"],
    [["list-units", "--ca-file=/nowhere"], "open /nowhere: no such file or directory"],
    [["list-units", "--cert-file=/etc/hostname"], "tls: failed to find any PEM data in key input"],
    [
      ["list-units", "--key-file=/etc/hostname"],
      "tls: failed to find any PEM data in certificate input",
    ],
  ])("%o", async ([argv, reason]) => {
    await expectAnswer(argv, {
      stderr: `${adviceOn(argv)}Unable to initialize client: ${reason}\n`,
    });
  });
});

describe("operands that are too few, too many or name nothing", () => {
  test.for<[argv: string[], status: number, message: string]>([
    [["list-units", "--fields="], 1, "Must define output format"],
    [["list-units", "--fields=unit,"], 1, 'Invalid key in output format: ""'],
    [["list-units", "--fields=UNIT"], 1, 'Invalid key in output format: "UNIT"'],
    [["list-units", "--fields=unit,bogus,worse"], 1, 'Invalid key in output format: "bogus"'],
    [["list-machines", "--fields=ip,x"], 1, 'Invalid key in output format: "x"'],
    [["list-unit-files", "--fields=nope"], 1, 'Invalid key in output format: "nope"'],
    [["cat"], 1, "One unit file must be provided"],
    [["cat", "a", "b"], 1, "One unit file must be provided"],
    [["cat", "missing"], 1, "Unit missing.service not found"],
    [["journal"], 1, "One unit file must be provided."],
    [["journal", "a", "b"], 1, "One unit file must be provided."],
    [["journal", "missing"], 1, "Unit missing.service does not exist."],
    [["status", "missing"], 1, "Unit missing.service does not exist."],
    [["ssh"], 1, "Unable to proceed: one machine or unit must be provided"],
    [["ssh", "missing"], 1, "Unable to proceed: could not find matching unit or machine"],
    [
      ["ssh", "--machine=x", "--unit=y"],
      1,
      "Both machine and unit flags provided, please specify only one.",
    ],
    [["fd-forward"], 1, "Provide a single argument"],
    [["fd-forward", "a", "b"], 1, "Provide a single argument"],
    [
      ["fd-forward", "/nowhere/x.sock"],
      1,
      "Failed dialing remote address: dial unix /nowhere/x.sock: connect: no such file or directory",
    ],
    [
      ["submit", "missing"],
      1,
      "Error creating units: unable to find Unit(missing.service) in Registry or on filesystem",
    ],
    [
      ["start", "missing"],
      1,
      "Error creating units: unable to find Unit(missing.service) in Registry or on filesystem",
    ],
    [
      ["start", "t@1"],
      1,
      "Error creating units: failed getting Unit(t@1.service) from template: unable to find template Unit(t@.service) in Registry or on filesystem",
    ],
    [
      ["load", "t@.service"],
      1,
      'Error loading units: googleapi: Error 400: cannot activate template "t@.service"',
    ],
    [
      ["restart", "missing"],
      1,
      "Error creating units: unable to find Unit(missing.service) in Registry or on filesystem",
    ],
    [
      ["start", "../etc/passwd"],
      1,
      "Error creating units: unable to find Unit(passwd.service) in Registry or on filesystem",
    ],
    [
      ["submit", "/"],
      1,
      "Error creating units: unable to find Unit(.service) in Registry or on filesystem",
    ],
    [
      ["submit", "."],
      1,
      "Error creating units: unable to find Unit(..service) in Registry or on filesystem",
    ],
    [
      ["submit", ""],
      1,
      "Error creating units: unable to find Unit(.service) in Registry or on filesystem",
    ],
    [
      ["submit", "a\u0000b"],
      1,
      "Error creating units: unable to find Unit(a\u0000b.service) in Registry or on filesystem",
    ],
    [
      ["submit", "x\u0007y.service"],
      1,
      "Error creating units: unable to find Unit(x\u0007y.service) in Registry or on filesystem",
    ],
    [
      ["submit", "f\u00f6\u00f6"],
      1,
      "Error creating units: unable to find Unit(f\u00f6\u00f6.service) in Registry or on filesystem",
    ],
    [
      ["submit", "bad.target"],
      1,
      'Error creating units: unable to find Unit(bad.target.service) in Registry or on filesystem ("bad.target" is taken for a service here: such units come through the API or a drop directory)',
    ],
    [
      ["submit", LONG],
      1,
      `Error creating units: unable to find Unit(${LONG}.service) in Registry or on filesystem`,
    ],
    [
      ["start", "*"],
      1,
      "Error creating units: unable to find Unit(*.service) in Registry or on filesystem",
    ],
    [
      ["start", "foo*.service"],
      1,
      "Error creating units: unable to find Unit(foo*.service) in Registry or on filesystem",
    ],
    [["cat", "../../x"], 1, "Unit x.service not found"],
    [
      ["verify"],
      2,
      'Command "verify" is deprecated, DEPRECATED - No longer works\nWARNING: The signed/verified units feature is DEPRECATED and cannot be used.',
    ],
    [
      ["verify", "a", "b"],
      2,
      'Command "verify" is deprecated, DEPRECATED - No longer works\nWARNING: The signed/verified units feature is DEPRECATED and cannot be used.',
    ],
  ])("%o", async ([argv, status, message]) => {
    await expectAnswer(argv, { status, stderr: `${message}\n` });
  });
});

describe("nothing to do is no failure", () => {
  test.for<[argv: string[], message: string]>([
    [["re"], "No units given"],
    [["submit"], "No units given"],
    [["load"], "No units given"],
    [["start"], "No units given"],
    [["restart"], "No units given"],
    [["stop"], "No units given"],
    [["unload"], "No units given"],
    [["destroy"], "No units given"],
    [["stop", "missing"], "Units not found in registry: missing.service"],
    [["unload", "missing"], "Units not found in registry: missing.service"],
    [["destroy", "missing"], "Units not found in registry: missing.service"],
  ])("%o", async ([argv, message]) => {
    await expectAnswer(argv, { status: 0, stderr: `${message}\n` });
  });
});

test("none of them has changed anything", async () => {
  const listing = await cluster.terminal.run(["list-unit-files", "--no-legend"]);
  expect(listing).toEqual({ status: 0, stdout: "", stderr: "" });
});
