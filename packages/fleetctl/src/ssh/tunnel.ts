import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";

import type { Dial } from "@fleet/api/client";

import type { Rim } from "../context.ts";
import { addressText, SSH_PORT, sshAddressOf, type SshAddress } from "./address.ts";
import { makeKnownHostsDirectory } from "./known-hosts.ts";
import type { FollowedProcess } from "./processes.ts";
import { ProcessStream } from "./process-stream.ts";
import { destination, sshOptions, type SshSettings } from "./ssh-arguments.ts";

/** What ssh's LocalCommand says once the connection stands. */
const READY = "ready";

/** One SSH connection to a bastion; everything else of the run goes through it. */
export interface Tunnel {
  /** Connects to a unix socket on the bastion, or to a TCP port that the bastion can reach. */
  readonly dial: Dial;
  /** For ssh's ProxyCommand: reaches what the bastion reaches. */
  readonly proxyCommand: string;
  close(): Promise<void>;
}

/**
 * Connects to the bastion (`HOST[:PORT]`), which may ask a person about its host key, and resolves once streams can
 * be opened through it.
 */
export async function openTunnel(
  host: string,
  settings: SshSettings,
  { processes: loadProcesses, signal }: Pick<Rim, "processes" | "signal">,
): Promise<Tunnel> {
  const bastion = sshAddressOf(host, SSH_PORT);
  const processes = await loadProcesses();
  await makeKnownHostsDirectory(settings);
  const directory = await mkdtemp(join(tmpdir(), "fleetctl-"));
  const socket = join(directory, "ssh");
  const args = masterArguments(socket, bastion, settings);
  const master = processes.follow({ file: "ssh", args });
  const close = async (): Promise<void> => {
    master.end();
    await master.ended.catch(() => {});
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await ready(master, bastion, signal);
  } catch (error) {
    await close();
    throw error;
  }
  const shared = ["-S", socket, ...sshOptions(settings)];
  const connect = (words: readonly string[]): Duplex =>
    new ProcessStream(processes.open({ file: "ssh", args: words }));
  return {
    dial: async (target) =>
      target.kind === "unix"
        ? connect([...shared, "-T", ...destination(bastion), `fleetctl fd-forward ${target.path}`])
        : connect([...shared, "-W", addressText(target), ...destination(bastion)]),
    proxyCommand: ["ssh", ...shared, "-W", "[%h]:%p", ...destination(bastion)]
      .map((word, index) => (index === 0 ? word : quoteForProxy(word)))
      .join(" "),
    close,
  };
}

function masterArguments(
  socket: string,
  bastion: SshAddress,
  settings: SshSettings,
): readonly string[] {
  const options = [
    "ControlPersist=no",
    "ServerAliveInterval=15",
    "PermitLocalCommand=yes",
    `LocalCommand=echo ${READY}`,
  ];
  return [
    "-M",
    "-S",
    socket,
    "-N",
    "-T",
    ...options.flatMap((option) => ["-o", option]),
    ...sshOptions(settings),
    ...destination(bastion),
  ];
}

/** Waits for the connection; the reason for a failure is on stderr, from ssh itself. */
async function ready(
  master: FollowedProcess,
  bastion: SshAddress,
  signal: AbortSignal,
): Promise<void> {
  const onAbort = (): void => master.end();
  signal.addEventListener("abort", onAbort, { once: true });
  const up = new Promise<"up">((resolve) => master.stdout.once("data", () => resolve("up")));
  try {
    const first = await Promise.race([up, master.ended]);
    if (first === "up") return;
    throw new Error(`no connection to ${addressText(bastion)} (ssh ended with status ${first})`);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** ssh hands a ProxyCommand to the shell, after replacing its own percent signs. */
function quoteForProxy(word: string): string {
  if (word === "[%h]:%p") return `'${word}'`;
  return `'${word.replaceAll("'", String.raw`'\''`).replaceAll("%", "%%")}'`;
}
