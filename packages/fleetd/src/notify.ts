import { execFile } from "node:child_process";

const NOTIFY_TIMEOUT_MS = 5000;

/**
 * Tells systemd about this service (sd_notify(3)), e.g. `READY=1`; does nothing when systemd did
 * not ask for it. Node has no datagram unix sockets, so systemd's own program carries the message.
 */
export async function notifySystemd(
  env: NodeJS.ProcessEnv,
  ...messages: readonly string[]
): Promise<void> {
  if (env["NOTIFY_SOCKET"] === undefined) return;
  await new Promise<void>((resolve, reject) => {
    execFile(
      "systemd-notify",
      [`--pid=${process.pid}`, ...messages],
      { timeout: NOTIFY_TIMEOUT_MS },
      (error) => (error === null ? resolve() : reject(error)),
    );
  });
}
