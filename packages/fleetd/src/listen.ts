const FIRST_FD = 3;

/** A socket that systemd opened for us: its file descriptor and the name its unit gave it. */
export interface PassedSocket {
  readonly fd: number;
  readonly name: string;
}

/**
 * The sockets systemd passed to this very process (sd_listen_fds(3)); none when it passed none or
 * passed them to another process.
 */
export function passedSockets(env: NodeJS.ProcessEnv, pid: number): readonly PassedSocket[] {
  if (Number(env["LISTEN_PID"]) !== pid) return [];
  const count = Number(env["LISTEN_FDS"] ?? 0);
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  return Array.from({ length: count }, (_, i) => ({ fd: FIRST_FD + i, name: names[i] ?? "" }));
}
