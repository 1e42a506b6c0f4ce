import type { SshAddress } from "./address.ts";

/** What fleet's own flags say of SSH; the rest is the user's ssh configuration and agent. */
export interface SshSettings {
  readonly user: string;
  /** Seconds. */
  readonly connectTimeoutSeconds: number;
  /** fleet's own file of known hosts; undefined when host keys are not to be checked at all. */
  readonly knownHostsFile: string | undefined;
}

export interface SshSession {
  readonly address: SshAddress;
  readonly terminal: "none" | "forced" | "automatic";
  readonly forwardAgent?: boolean;
  /** Never ask a person anything. */
  readonly batch?: boolean;
  /** A program whose stdin and stdout are the connection. */
  readonly proxyCommand?: string | undefined;
  /** Already quoted for the POSIX shell at the other end; absent: a login shell. */
  readonly command?: string;
}

/** 128 + SIGINT. */
const INTERRUPTED = 130;

const TERMINAL_FLAGS = { none: ["-T"], forced: ["-t"], automatic: [] } as const;

/** The arguments that make the system's ssh keep fleet's rules. */
export function sshArguments(settings: SshSettings, session: SshSession): readonly string[] {
  const { address, terminal, proxyCommand, command } = session;
  return [
    ...sshOptions(settings),
    ...(session.batch === true ? ["-o", "BatchMode=yes"] : []),
    ...(proxyCommand === undefined ? [] : ["-o", `ProxyCommand=${proxyCommand}`]),
    ...(session.forwardAgent === true ? ["-A"] : []),
    ...TERMINAL_FLAGS[terminal],
    ...destination(address),
    ...(command === undefined ? [] : [withStatus(command)]),
  ];
}

/**
 * Of a program that a signal ended ssh itself says no more than 255. The shell at the other end says 128 + the signal's
 * number, as long as it lives: so the program is not all that is left of it, and Ctrl-C ends it in an orderly way.
 */
function withStatus(command: string): string {
  return `trap 'exit ${INTERRUPTED}' INT\n${command}\nexit $?`;
}

/** Who logs in, how long a connection may take and which host keys are believed. */
export function sshOptions(settings: SshSettings): readonly string[] {
  const options = [
    `ConnectTimeout=${Math.max(1, Math.ceil(settings.connectTimeoutSeconds))}`,
    ...hostKeyOptions(settings.knownHostsFile),
  ];
  return ["-l", settings.user, ...options.flatMap((option) => ["-o", option])];
}

export function destination({ host, port }: SshAddress): readonly string[] {
  return ["-p", String(port), "--", host];
}

/** Only fleet's file counts, in plain lines as fleet writes them; or nothing is checked or stored. */
function hostKeyOptions(knownHostsFile: string | undefined): readonly string[] {
  if (knownHostsFile === undefined) {
    return [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "GlobalKnownHostsFile=/dev/null",
      "LogLevel=ERROR",
    ];
  }
  return [
    "StrictHostKeyChecking=ask",
    `UserKnownHostsFile=${quoteOption(knownHostsFile)}`,
    "GlobalKnownHostsFile=/dev/null",
    "HashKnownHosts=no",
    "CheckHostIP=no",
    "UpdateHostKeys=no",
  ];
}

/** A path as one word of an ssh option: its blanks and percent signs mean themselves. */
function quoteOption(path: string): string {
  return `"${path.replaceAll("%", "%%").replaceAll('"', String.raw`\"`)}"`;
}

/** Words as one line for the shell at the other end, each quoted, as fleet sends it. */
export function remoteCommandLine(command: readonly string[]): string {
  const [program = "", ...words] = command;
  return [program, ...words.map(quoteWord)].join(" ");
}

function quoteWord(word: string): string {
  return `"${word.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;
}
