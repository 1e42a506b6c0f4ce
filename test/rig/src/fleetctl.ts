import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type CommandOptions, type CommandResult, run } from "./command.ts";
import { PROJECT_DIRECTORY } from "./project.ts";
import type { Rig } from "./rig.ts";

/** Who runs fleetctl: with which keys, and against which machine. */
export interface FleetctlCaller {
  readonly rig: Rig;
  readonly sshAgentSocket: string;
  /** Asked only when the call itself does not say where to go. */
  endpoint(): string;
}

/** A machine that is gone answers nothing at all. */
const CONNECT_WITHIN_S = 1;
const FLEETCTL = join(PROJECT_DIRECTORY, "packages/fleetctl/bin/fleetctl.js");

/** Runs fleetctl on the host as it was built, by default in the checkout, with nothing of a person's settings. */
export async function runFleetctl(
  caller: FleetctlCaller,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const home = join(caller.rig.ledger.directory, "home");
  await mkdir(home, { recursive: true });
  const base = { PATH: process.env["PATH"], LANG: "C.UTF-8", HOME: home };
  const where = saysWhere(args, options.env) ? [] : [`--endpoint=${caller.endpoint()}`];
  return run([process.execPath, FLEETCTL, ...where, ...args], {
    cwd: PROJECT_DIRECTORY,
    ...options,
    env: { ...base, ...sshEnvironment(caller), ...options.env },
  });
}

/**
 * Writes a program into the rig's folder that does the same from any shell of the host, and asks the first of
 * `endpoints` where somebody listens; returns its path.
 */
export async function writeFleetctl(
  caller: FleetctlCaller,
  endpoints: readonly string[],
): Promise<string> {
  const path = join(caller.rig.ledger.directory, "fleetctl");
  const settings = Object.entries(sshEnvironment(caller)).map(([key, value]) => `${key}=${value}`);
  const command = [...settings, process.execPath, FLEETCTL].map(quoted).join(" ");
  const text = `#!/bin/bash
for endpoint in ${endpoints.map(quoted).join(" ")}; do
  address=\${endpoint#http://}
  timeout ${CONNECT_WITHIN_S} bash -c 'exec 3<> /dev/tcp/"$0"' "\${address/://}" 2> /dev/null && break
done
exec env FLEETCTL_ENDPOINT="\${FLEETCTL_ENDPOINT-$endpoint}" ${command} "$@"
`;
  await writeFile(path, text, { mode: 0o755 });
  return path;
}

function sshEnvironment(caller: FleetctlCaller): Readonly<Record<string, string>> {
  return {
    SSH_AUTH_SOCK: caller.sshAgentSocket,
    FLEETCTL_KNOWN_HOSTS_FILE: caller.rig.knownHostsFile,
  };
}

/** Whether the caller chose the cluster that fleetctl is to speak to. */
function saysWhere(args: readonly string[], env: CommandOptions["env"] = {}): boolean {
  if (args.some((arg) => /^--?(endpoint|tunnel)\b/.test(arg))) return true;
  return env["FLEETCTL_ENDPOINT"] !== undefined || env["FLEETCTL_TUNNEL"] !== undefined;
}

/** As one word of a shell's. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
