import { type FileContent, type Machine } from "@fleet/rig";

/** Where user core's own systemd and its sockets are. */
export const PERSON_RUNTIME = "/run/user/5000";

/** Starts with the machine when it is enabled: user core's own systemd, for which logind cares elsewhere. */
export const PERSON_SERVICE = "person.service";

export const PERSON_FILES: Readonly<Record<string, FileContent>> = {
  [`/etc/systemd/system/${PERSON_SERVICE}`]: `[Service]
Type=notify
User=core
Delegate=yes
Environment=XDG_RUNTIME_DIR=${PERSON_RUNTIME}
ExecStartPre=+/usr/bin/install -d -o core -g core -m 700 ${PERSON_RUNTIME}
ExecStart=/lib/systemd/systemd --user
`,
};

/** Runs a command as user core; returns its output. @throws {CommandFailedError} */
export async function asCore(machine: Machine, ...argv: readonly string[]): Promise<string> {
  const who = ["setpriv", "--reuid=core", "--regid=core", "--init-groups"];
  const env = ["env", "HOME=/home/core", `XDG_RUNTIME_DIR=${PERSON_RUNTIME}`];
  return machine.exec(...who, ...env, ...argv);
}
