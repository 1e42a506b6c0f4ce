import { spawn } from "node:child_process";
import { dirname, join } from "node:path";

import { runOk } from "./command.ts";
import { identify } from "./processes.ts";
import { RigError } from "./rig-error.ts";
import type { Rig } from "./rig.ts";
import { type Seen, until } from "./until.ts";

const LOOK_EVERY_MS = 20;

/** Starts an ssh-agent that holds the rig's key; it goes with the rig. Returns what SSH_AUTH_SOCK has to be. */
export async function startSshAgent(rig: Rig): Promise<string> {
  const socket = join(dirname(rig.sshKey.privateKeyFile), "agent");
  const child = spawn("ssh-agent", ["-D", "-a", socket], { detached: true, stdio: "ignore" });
  child.on("error", () => undefined); // the socket then never appears, and that is reported
  child.unref();
  const agent = identify(child.pid ?? 0);
  if (agent === undefined) throw new RigError("ssh-agent cannot be started");
  rig.ledger.record({ kind: "process", process: agent });
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  // The socket is there before the agent listens.
  const addKey = async (): Promise<Seen<string>> => {
    await runOk(["ssh-add", "-q", rig.sshKey.privateKeyFile], { env });
    return { done: true, value: socket };
  };
  return until("ssh-agent holds the key", addKey, { everyMs: LOOK_EVERY_MS });
}
