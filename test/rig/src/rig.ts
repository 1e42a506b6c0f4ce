import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

import { abandonedLedgers, type Ledger, openLedger } from "./ledger.ts";
import { createNetwork, isBridgeFree, type Network } from "./network.ts";
import { RigError } from "./rig-error.ts";
import { createSshKey, type SshKey } from "./ssh-key.ts";
import { tearDown } from "./teardown.ts";

/** What machines have in common: a place on this host, a network, a key. Takes all of it down when disposed of. */
export interface Rig extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly network: Network;
  /** Opens the door of user `core` on every machine. */
  readonly sshKey: SshKey;
  /** The host keys of all its machines, in the form of ssh's `known_hosts`. */
  readonly knownHostsFile: string;
  /** The number of the next machine of this rig: 1, 2, … */
  nextMachineIndex(): number;
  /** The next place among the rig's addresses: 1, 2, … */
  nextAddressIndex(): number;
}

/** Programs the rig runs, and the Debian package each comes with. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "systemd-nspawn": "systemd-container",
  etcd: "etcd-server",
  sshd: "openssh-server",
  "ssh-keygen": "openssh-client",
  ip: "iproute2",
  "dbus-daemon": "dbus",
};

/** What was built, also when the rig itself runs from source: Node 20 reads no TypeScript. */
const JANITOR = resolve(import.meta.dirname, "../dist/janitor.js");

/**
 * Clears what rigs that died have left, then claims a place on this host and makes the bridge. Several rigs may
 * run side by side. Should this process die without a word, a janitor process takes everything down.
 * @throws {RigError} saying what is missing when this host cannot run machines.
 */
export async function startRig(): Promise<Rig> {
  checkHost();
  for (const directory of abandonedLedgers()) await tearDown(directory);
  const ledger = await openLedger(isBridgeFree);
  const janitor = startJanitor(ledger.directory);
  let goingDown: Promise<void> | undefined;
  // Once only: the number and the folder may be another rig's by the second call.
  const dispose = async (): Promise<void> => (goingDown ??= takeDown(ledger, janitor));
  try {
    const network = await createNetwork(ledger);
    const sshKey = await createSshKey(join(ledger.directory, "ssh"));
    const knownHostsFile = join(ledger.directory, "ssh", "known_hosts");
    return {
      ledger,
      network,
      sshKey,
      knownHostsFile,
      nextMachineIndex: counter(),
      nextAddressIndex: counter(),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function takeDown(ledger: Ledger, janitor: Janitor): Promise<void> {
  ledger.close();
  await tearDown(ledger.directory);
  await janitor.dismiss();
}

function counter(): () => number {
  let last = 0;
  return () => (last += 1);
}

function checkHost(): void {
  if (process.getuid?.() !== 0) throw new RigError("machines need root: run as root");
  if (!existsSync(JANITOR)) throw new RigError(`${JANITOR} is missing: npm run build`);
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))].join(" ");
  const programs = missing.map(([program]) => program).join(", ");
  throw new RigError(`not installed: ${programs}; apt-get install ${packages}`);
}

function isInstalled(program: string): boolean {
  const directories = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return directories.some((directory) => existsSync(join(directory, program)));
}

interface Janitor {
  /** Resolves when the process is gone. */
  dismiss(): Promise<void>;
}

/** Starts the process described in janitor.ts. */
function startJanitor(directory: string): Janitor {
  const child = spawn(process.execPath, [JANITOR, directory], {
    detached: true, // a Ctrl-C in the terminal is not meant for it
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: process.env["PATH"] },
  });
  child.unref();
  const gone = once(child, "exit");
  return {
    dismiss: async () => {
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
}
