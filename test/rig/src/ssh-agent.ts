import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

import { runOk } from "./command.ts";
import { identify } from "./processes.ts";
import { RigError } from "./rig-error.ts";
import type { Rig } from "./rig.ts";
import { until } from "./until.ts";

const LOOK_EVERY_MS = 5;

/** Starts an ssh-agent that holds the rig's key; it goes with the rig. Returns what SSH_AUTH_SOCK has to be. */
export async function startSshAgent(rig: Rig): Promise<string> {
  const socket = join(dirname(rig.sshKey.privateKeyFile), "agent");
  const child = spawn("ssh-agent", ["-D", "-a", socket], { detached: true, stdio: "ignore" });
  child.on("error", () => undefined); // the socket then never appears, and that is reported
  child.unref();
  const agent = identify(child.pid ?? 0);
  if (agent === undefined) throw new RigError("ssh-agent cannot be started");
  rig.ledger.record({ kind: "process", process: agent });
  await until(
    "ssh-agent listens",
    () => (existsSync(socket) ? { done: true, value: undefined } : { done: false, saw: "nothing" }),
    { everyMs: LOOK_EVERY_MS },
  );
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  await runOk(["ssh-add", "-q", rig.sshKey.privateKeyFile], { env });
  return socket;
}
