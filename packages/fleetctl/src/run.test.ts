import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { TestTerminal } from "../testing/index.ts";
import { COMMANDS } from "./program.ts";

let terminal: TestTerminal;

beforeEach(async () => {
  terminal = await TestTerminal.open();
});
afterEach(async () => {
  await terminal[Symbol.asyncDispose]();
});

const VERSION_LINE = { status: 0, stdout: "fleetctl version 2.0.0\n", stderr: "" };

describe("the version", () => {
  test.for<string[][]>([
    [["version"]],
    [["--version"]],
    [["-v"]],
    [["-v", "frob"]],
    [["version", "x"]],
  ])("%o prints it", async ([argv = []]) => {
    expect(await terminal.run(argv)).toEqual(VERSION_LINE);
  });

  test("anywhere but first the flag means nothing", async () => {
    expect(await terminal.run(["version", "--version"])).toEqual(VERSION_LINE);
    const { status, stdout } = await terminal.run(["--debug", "--version"]);
    expect({ status, head: stdout.slice(0, 6) }).toEqual({ status: 0, head: "NAME:\n" });
  });
});

describe("help", () => {
  test("without arguments it is an overview", async () => {
    const { status, stdout, stderr } = await terminal.run([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("\nAvailable Commands:\n  cat             ");
    expect(stdout).not.toContain("\n  verify");
  });

  test.for<string[][]>([
    [["help"]],
    [["--help"]],
    [["-h"]],
    [["--h"]],
    [["-h", "list-units"]],
    [["help", "--debug"]],
  ])("%o tells of all commands", async ([argv = []]) => {
    const { status, stdout, stderr } = await terminal.run(argv);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("VERSION:\n\t2.0.0\n");
    for (const { name } of COMMANDS) expect(stdout).toContain(`\n\t${name}\t`);
    expect(stdout.endsWith("\n\n")).toBe(true);
  });

  test.for<string[][]>([
    [["help", "start"]],
    [["help", "star", "x"]],
    [["start", "--help"]],
    [["start", "-h", "--frob"]],
    [["--help", "start", "a"]],
    [["start", "--h", "--driver=foo"]],
  ])("%o tells of start", async ([argv = []]) => {
    const { status, stdout, stderr } = await terminal.run(argv);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(
      "NAME:\n\tstart - Instruct systemd to start one or more units in the cluster\n\nUSAGE:\n\tfleetctl start [--no-block|--block-attempts=N] [--timeout=DURATION] UNIT...\n\nDESCRIPTION:\n",
    );
  });

  test.for(COMMANDS.map(({ name }) => name))("%s says in a line what it is for", async (name) => {
    const { stdout } = await terminal.run(["help", name]);
    expect(stdout).toMatch(new RegExp(String.raw`^NAME:\n\t${name} - \S.{10,}\n`));
  });

  test("a topic that is none is said to be so", async () => {
    const { status, stdout, stderr } = await terminal.run(["help", "frob"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "Unknown help topic [`frob`].\n" });
    expect(stdout).toContain("COMMANDS:\n");
  });

  test("the environment may ask for it", async () => {
    terminal.env["FLEETCTL_HELP"] = "1";
    expect((await terminal.run(["cat", "x"])).stdout).toContain("\tfleetctl cat UNIT\n");
  });

  test.for([
    ["cat", "cat UNIT"],
    ["destroy", "destroy UNIT..."],
    ["fd-forward", "fd-forward SOCKET"],
    ["help", "help [command]"],
    ["journal", "journal [--lines=N] [--ssh-port=N] [-f|--follow] [--output=STRING] <unit>"],
    ["list-machines", "list-machines [-l|--full] [--no-legend]"],
    ["list-unit-files", "list-unit-files [--fields]"],
    ["list-units", "list-units [--no-legend] [-l|--full] [--fields]"],
    ["load", "load [--no-block|--block-attempts=N] [--timeout=DURATION] UNIT..."],
    ["restart", "restart [--block-attempts=N] [--timeout=DURATION] UNIT..."],
    ["ssh", "ssh [-A|--forward-agent] [--ssh-port=N] [--machine|--unit] {MACHINE|UNIT}"],
    ["start", "start [--no-block|--block-attempts=N] [--timeout=DURATION] UNIT..."],
    ["status", "status [--ssh-port=N] UNIT..."],
    ["stop", "stop [--no-block|--block-attempts=N] [--timeout=DURATION] UNIT..."],
    ["submit", "submit UNIT..."],
    ["unload", "unload UNIT..."],
    ["verify", "verify UNIT"],
    ["version", "version"],
  ] as const)(
    "the usage of %s is fleet's, with the flags that fleet did not have",
    async ([command, usage]) => {
      const { stdout } = await terminal.run(["help", command]);
      expect(stdout).toContain(`\nUSAGE:\n\tfleetctl ${usage}\n\n`);
    },
  );
});

describe("what cannot be understood", () => {
  test("a word that is no command ends with 1 and what may have been meant", async () => {
    const problem = [
      'unknown command "lis" for "fleetctl"',
      "",
      "Did you mean this?",
      "\tlist-drop-files",
      "\tlist-machines",
      "\tlist-unit-files",
      "\tlist-units",
      "",
    ].join("\n");
    expect(await terminal.run(["lis"])).toEqual({
      status: 1,
      stdout: "",
      stderr: `Error: ${problem}\nRun 'fleetctl --help' for usage.\ncannot execute cmdFleet: ${problem}\n`,
    });
  });

  test("a word that is nothing at all", async () => {
    const problem = 'unknown command "xyzzy" for "fleetctl"';
    expect((await terminal.run(["xyzzy"])).stderr).toBe(
      `Error: ${problem}\nRun 'fleetctl --help' for usage.\ncannot execute cmdFleet: ${problem}\n`,
    );
  });

  test.for<[string[], Record<string, string>, string]>([
    [["list-units", "--foo"], {}, "unknown flag: --foo"],
    [["list-unit-files", "-l"], {}, "unknown shorthand flag: 'l' in -l"],
    [["--debug", "-v"], {}, "unknown shorthand flag: 'v' in -v"],
    [["version", "--tunnel"], {}, "flag needs an argument: --tunnel"],
    [
      ["version"],
      { FLEETCTL_STRICT_HOST_KEY_CHECKING: "maybe" },
      'invalid argument "maybe" for FLEETCTL_STRICT_HOST_KEY_CHECKING: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
  ])("%o with %o ends with 1 and the usage on stderr", async ([argv, env, problem]) => {
    Object.assign(terminal.env, env);
    const { status, stdout, stderr } = await terminal.run(argv);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.startsWith(`Error: ${problem}\n\nUSAGE:\n\tfleetctl `)).toBe(true);
    expect(stderr.endsWith(` for its flags.\ncannot execute cmdFleet: ${problem}\n`)).toBe(true);
  });
});

describe("the client is made ready before anything else", () => {
  test.for<[string[], string]>([
    [["version", "--driver=foo"], 'unrecognized driver "foo"'],
    [["submit", "--endpoint=/run/x"], "URL scheme undefined"],
    [["cat", "--endpoint=http://[::1"], `parse "http://[::1": missing ']' in host`],
    [["cat", "--endpoint=unix://var/run/x"], 'unable to connect to host "var" with scheme "unix"'],
    [["cat", "--ca-file=/nope"], "open /nope: no such file or directory"],
    [["cat", "--cert-file=/etc/hostname"], "tls: failed to find any PEM data in key input"],
    [["cat", "--key-file=/etc/hostname"], "tls: failed to find any PEM data in certificate input"],
  ])("%o: %s", async ([argv, problem]) => {
    const { status, stdout, stderr } = await terminal.run(argv);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.split("\n").slice(-2)).toEqual([`Unable to initialize client: ${problem}`, ""]);
  });

  test("of several endpoints the first counts, with a warning", async () => {
    const endpoint = `unix://${terminal.directory}/a.sock,http://x`;
    const { status, stderr } = await terminal.run(["cat", "--endpoint", endpoint, "a"]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      `WARN fleetctl: multiple endpoints provided but only the first (unix://${terminal.directory}/a.sock) is used\n`,
    );
  });

  test("the etcd driver is the API at its usual place, said once", async () => {
    const ended = await terminal.run(["version", "--driver=etcd", "--endpoint=http://etcd:2379"]);
    expect(ended).toEqual({
      ...VERSION_LINE,
      stderr:
        "WARNING: --driver=etcd is no longer available. Using the API at unix:///var/run/fleet.sock\n",
    });
  });

  test("an unverified server is warned of", async () => {
    const { stderr } = await terminal.run(["version", "--insecure-skip-verify"]);
    expect(stderr).toBe(
      "WARNING: The certificate of the API is not verified. Anybody could answer.\n",
    );
  });
});

test("verify says that it is of no use, and exits with 2", async () => {
  expect(await terminal.run(["verify", "x"])).toEqual({
    status: 2,
    stdout: "",
    stderr: [
      'Command "verify" is deprecated, DEPRECATED - No longer works',
      "WARNING: The signed/verified units feature is DEPRECATED and cannot be used.\n",
    ].join("\n"),
  });
});

describe("with a server of its own", () => {
  let server: Server;
  let path: string;

  const listen = async (answer: (server: Server) => void): Promise<void> => {
    path = join(terminal.directory, "x.sock");
    server = createServer();
    answer(server);
    server.listen(path);
    await once(server, "listening");
  };
  afterEach(() => {
    server.close();
  });

  test("--debug tells of every request and its answer", async () => {
    await listen((listening) => {
      listening.on("connection", (socket) => {
        socket.once("data", () => {
          socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        });
      });
    });
    const { stderr } = await terminal.run(["--debug", `--endpoint=unix://${path}`, "list-units"]);
    const lines = stderr.split("\n").map((line) => line.split("DEBUG fleetctl: ")[1]);
    const request = "HTTP GET http://domain-sock/fleet/v1/state?alt=json";
    expect(lines).toEqual([request, `${request} 200 OK`, undefined]);
  });

  test("--request-timeout bounds the wait for an answer", async () => {
    await listen(() => {});
    const flags = ["--request-timeout=0.05", `--endpoint=unix://${path}`];
    const { status, stderr } = await terminal.run([...flags, "list-units"]);
    expect(status).toBe(1);
    expect(stderr).toContain("Client.Timeout exceeded while awaiting headers");
  });
});
