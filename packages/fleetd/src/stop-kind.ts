/** What systemd is doing to the daemon's own unit. */
export type OwnJob = "stop" | "restart" | "none";

/**
 * Whether a signal means that the machine leaves the cluster, units and all, as fleet does.
 * `systemctl stop` and a power-off do. A restart does not; nor does a signal that no job of
 * systemd's explains, when systemd is going to start the daemon again. Without systemd
 * behind it (a daemon in a terminal) a signal is the only way to say "stop".
 */
export function isLeaving(job: OwnJob, isService: boolean): boolean {
  return job === "stop" || (job === "none" && !isService);
}
