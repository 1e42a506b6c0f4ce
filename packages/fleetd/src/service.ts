import { execFile } from "node:child_process";
import type { Logger } from "@fleet/core";

const NOTIFY_TIMEOUT_MS = 5_000;
const US_PER_MS = 1_000;
const NS_PER_US = 1_000n;

/** Passes assignments such as `READY=1` on to systemd, all in one message. */
export type Notify = (...assignments: readonly string[]) => Promise<void>;

/**
 * This process as a service of systemd's (sd_notify(3)). Where systemd did not ask to be told,
 * nothing is. Messages go one after the other; one that fails is logged and missed.
 */
export class Service {
  readonly #notify: Notify | undefined;
  readonly #log: Logger;
  #last: Promise<void> = Promise.resolve();

  constructor(notify: Notify | undefined, log: Logger) {
    this.#notify = notify;
    this.#log = log;
  }

  /** The API answers, or (again) with the settings that were read. */
  ready(): Promise<void> {
    return this.#tell("READY=1");
  }

  /** The settings are being read again, until {@link ready}. */
  reloading(): Promise<void> {
    const nowUs = process.hrtime.bigint() / NS_PER_US;
    return this.#tell("RELOADING=1", `MONOTONIC_USEC=${nowUs}`);
  }

  /** One line for `systemctl status`. */
  status(text: string): Promise<void> {
    return this.#tell(`STATUS=${text}`);
  }

  /** A sign of life for systemd's watchdog. */
  alive(): Promise<void> {
    return this.#tell("WATCHDOG=1");
  }

  #tell(...assignments: readonly string[]): Promise<void> {
    const notify = this.#notify;
    if (notify === undefined) return Promise.resolve();
    this.#last = this.#tellAfter(this.#last, notify, assignments);
    return this.#last;
  }

  async #tellAfter(
    last: Promise<void>,
    notify: Notify,
    assignments: readonly string[],
  ): Promise<void> {
    await last;
    try {
      await notify(...assignments);
    } catch (error) {
      this.#log.warn({ err: error, assignments }, "systemd could not be told");
    }
  }
}

/** Node has no datagram sockets in the file system: systemd's own program carries the message. */
export function notifyOf(env: NodeJS.ProcessEnv): Notify | undefined {
  if (env["NOTIFY_SOCKET"] === undefined) return undefined;
  return (...assignments) =>
    new Promise((resolve, reject) => {
      execFile(
        "systemd-notify",
        [`--pid=${process.pid}`, ...assignments],
        { timeout: NOTIFY_TIMEOUT_MS },
        (error) => (error === null ? resolve() : reject(error)),
      );
    });
}

/** After how long a silence systemd takes this process for dead; undefined when it does not watch it. */
export function watchdogMs(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const meant = env["WATCHDOG_PID"];
  if (meant !== undefined && Number(meant) !== pid) return undefined;
  const us = Number(env["WATCHDOG_USEC"] ?? 0);
  return us > 0 ? us / US_PER_MS : undefined;
}
