import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

// The program as it is installed: a process, its streams and its signals.

const BIN = join(import.meta.dirname, "../bin/fleetctl.js");
const PAGE = JSON.stringify({
  states: Array.from({ length: 5000 }, (_, index) => ({ name: `unit-${index}.service` })),
});

let directory: string;
let socket: string;
let server: Server;
let onRequest: (connection: Socket, request: Buffer) => void;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleetctl-test-"));
  socket = join(directory, "fleet.sock");
  onRequest = () => {};
  server = createServer((connection) => {
    connection.on("error", () => {});
    connection.on("data", (request: Buffer) => onRequest(connection, request));
  });
  server.listen(socket);
  await once(server, "listening");
});
afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

function start(...argv: readonly string[]): ChildProcessWithoutNullStreams {
  const env = { PATH: process.env["PATH"], FLEETCTL_ENDPOINT: `unix://${socket}` };
  return spawn(process.execPath, [BIN, ...argv], { env });
}

function answerWithPage(connection: Socket): void {
  answerWith(connection, PAGE);
}

function answerWith(connection: Socket, body: string): void {
  const head = `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
  connection.end(head + body);
}

async function statusOf(child: ChildProcessWithoutNullStreams): Promise<unknown> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return code ?? signal;
}

test.for<[string[], number]>([
  [["version"], 0],
  [[], 0],
  [["--help"], 0],
  [["frob"], 1],
  [["list-units", "--frob"], 1],
  [["verify"], 2],
  [["submit"], 0],
  [["cat"], 1],
])("%o exits with %d", async ([argv, status]) => {
  expect(await statusOf(start(...argv))).toBe(status);
});

test("Ctrl-C ends a request that nobody answers, with 130", async () => {
  const child = start("list-units");
  onRequest = () => child.kill("SIGINT");
  expect(await statusOf(child)).toBe(130);
});

test("nobody reading what is printed is no failure", async () => {
  onRequest = (connection) => {
    child.stdout.destroy();
    answerWithPage(connection);
  };
  const child = start("list-units");
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  expect(await statusOf(child)).toBe(0);
  expect(stderr).toBe("");
});

test.for([["version"], ["help"], ["list-units"]])(
  "what cannot be written is a failure: %o on a full disk",
  async (argv) => {
    onRequest = answerWithPage;
    await using full = await open("/dev/full", "w");
    const child = spawn(process.execPath, [BIN, ...argv], {
      env: { PATH: process.env["PATH"], FLEETCTL_ENDPOINT: `unix://${socket}` },
      stdio: ["ignore", full.fd, "pipe"],
    });
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, "close")).toEqual([1, null]);
    expect(stderr).toBe("write /dev/stdout: no space left on device\n");
  },
);

test("a failure of its own keeps its status on a full disk", async () => {
  await using full = await open("/dev/full", "w");
  const child = spawn(process.execPath, [BIN, "verify"], {
    stdio: ["ignore", full.fd, full.fd],
  });
  expect(await once(child, "close")).toEqual([2, null]);
});

describe("a program that fleetctl leaves its output to", () => {
  const MACHINES = '{"machines":[{"id":"m1","primaryIP":"10.0.0.1"}]}';
  const UNIT =
    '{"name":"a.service","desiredState":"launched","currentState":"launched","machineID":"m1"}';
  const COMMANDS: [string[]][] = [
    [["status", "a"]],
    [["journal", "-f", "a"]],
    [["ssh", "--machine=m1", "true"]],
  ];

  beforeEach(() => {
    onRequest = (connection, request) =>
      answerWith(connection, request.includes("/machines") ? MACHINES : UNIT);
  });

  /** A shell's command line with fleetctl, and with another ssh, which runs this script. */
  async function shell(line: string, argv: readonly string[], sshScript: string) {
    await writeFile(join(directory, "ssh"), `#!/bin/sh\n${sshScript}\n`, { mode: 0o755 });
    const fleetctl = [process.execPath, BIN, `--known-hosts-file=${directory}/known`];
    const env = {
      PATH: `${directory}:${process.env["PATH"]}`,
      FLEETCTL_ENDPOINT: `unix://${socket}`,
    };
    const child = spawn("sh", ["-c", line, "sh", ...fleetctl, ...argv], { env });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [status] = (await once(child, "close")) as [number];
    return { status, stdout, stderr };
  }

  test.for(COMMANDS)("%o: what cannot be written is a failure", async ([argv]) => {
    expect(await shell('"$@" >/dev/full', argv, "echo much")).toEqual({
      status: 1,
      stdout: "",
      stderr: "write /dev/stdout: no space left on device\n",
    });
  });

  test.for(COMMANDS)("%o: ends with its reader, however silent it is", async ([argv]) => {
    const line = '{ "$@"; echo $? >&2; } | head -1';
    expect(await shell(line, argv, "echo first; exec sleep 1000")).toEqual({
      status: 0,
      stdout: "first\n",
      stderr: "0\n",
    });
  });

  test.for(COMMANDS)("%o: all of a long output arrives", async ([argv]) => {
    const { stdout } = await shell('"$@" | wc -l', argv, "seq 200000");
    expect(stdout.trim()).toBe("200000");
  });
});

describe("fd-forward", () => {
  test("joins stdin and stdout to a socket until it closes", async () => {
    const child = start("fd-forward", socket);
    onRequest = (connection) => connection.end("pong");
    child.stdin.write("ping");
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    expect(await statusOf(child)).toBe(0);
    expect(stdout).toBe("pong");
  });

  test("an answer that is under way when stdin ends still arrives", async () => {
    const child = start("fd-forward", socket);
    onRequest = (connection) => {
      child.stdin.end();
      connection.once("end", () => connection.end("pong"));
    };
    child.stdin.write("ping");
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    expect(await statusOf(child)).toBe(0);
    expect(stdout).toBe("pong");
  });

  test.for<[string[], string]>([
    [[], "Provide a single argument\n"],
    [["a", "b"], "Provide a single argument\n"],
    [
      ["/nowhere/x.sock"],
      "Failed dialing remote address: dial unix /nowhere/x.sock: connect: no such file or directory\n",
    ],
  ])("%o fails with 1", async ([words, message]) => {
    const child = start("fd-forward", ...words);
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await statusOf(child)).toBe(1);
    expect(stderr).toBe(message);
  });
});
