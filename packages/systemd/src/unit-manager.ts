import type { UnitFile, UnitHash, UnitName, UnitRun } from "@fleet/core";

/**
 * One machine's systemd and the directory of unit files that belongs to fleet on it. Two
 * implementations pass `testing/contract.ts`: the real one (D-Bus and files) and the in-memory
 * twin. Every call throws `SystemdError` when systemd refuses or cannot be reached.
 *
 * What fleet did survives a restart of the daemon and not a reboot: the files (with their
 * hashes) and, per unit, whether the unit was launched since the machine booted.
 */
export interface UnitManager {
  /** Every recognised unit file in the units directory. An unreadable one is listed with its problem. */
  installed(signal: AbortSignal): Promise<readonly InstalledUnit[]>;
  /** A unit's file as it is on disk; undefined when there is none or it cannot be read or parsed. */
  file(unit: UnitName, signal: AbortSignal): Promise<UnitFile | undefined>;
  /**
   * Writes the files (each atomically), links them into systemd, enables those with an `[Install]`
   * section, and reloads systemd once for the whole batch if one of them needs it. A name that
   * systemd has never loaded needs none. One result a file, in order: one bad file does not stop the rest.
   */
  install(files: readonly FileToInstall[], signal: AbortSignal): Promise<readonly InstallResult[]>;
  /** Disables, forgets failures, deletes the files and their marks. A unit systemd no longer knows is no error. */
  remove(units: readonly UnitName[], signal: AbortSignal): Promise<void>;
  /** Marks the unit launched and starts it; resolves with the job's result. */
  start(unit: UnitName, signal: AbortSignal): Promise<JobResult>;
  /** Stops the unit, then clears its mark; resolves with the job's result. */
  stop(unit: UnitName, signal: AbortSignal): Promise<JobResult>;
  /** What systemd says of these units now; a unit it does not know is `not-found`/`inactive`/`dead`. */
  states(
    units: readonly UnitName[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<UnitName, SystemdState>>;
  /**
   * Calls `onChange` with the names of installed units whose state may have changed, gathered for
   * a few milliseconds, until `signal` aborts. Reconnects by itself; after a reconnection it calls
   * `onResync`: compare everything.
   */
  watch(sink: UnitManagerSink, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface InstalledUnit {
  readonly unit: UnitName;
  /** Of the file as it is on disk; undefined when the file cannot be read or parsed. */
  readonly hash: UnitHash | undefined;
  /** True when fleet has launched the unit since the machine booted and not stopped it since. */
  readonly launched: boolean;
}

export interface FileToInstall {
  readonly unit: UnitName;
  readonly hash: UnitHash;
  /** Canonical text, written as it is. */
  readonly text: string;
  /** True when the file has an `[Install]` section with options. */
  readonly enable: boolean;
}

export type InstallResult =
  | { readonly unit: UnitName; readonly ok: true }
  /** `ForeignUnitError` when the name belongs to the host; else `SystemdError`. */
  | { readonly unit: UnitName; readonly ok: false; readonly error: Error };

/**
 * systemd's word for how a job ended (org.freedesktop.systemd1, JobRemoved). `unsupported`: this
 * machine has no such units, as containers have no devices.
 */
export type JobResult =
  | "done"
  | "canceled"
  | "timeout"
  | "failed"
  | "dependency"
  | "skipped"
  | "invalid"
  | "assert"
  | "unsupported"
  | "collected"
  | "once";

/** What systemd says of a unit, and of its last run as far as it has said so since the unit was installed. */
export interface SystemdState extends UnitRun {
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
}

export interface UnitManagerSink {
  onChange(units: readonly UnitName[]): void;
  onResync(): void;
  /** systemd can be reached (true) or not (false). */
  live(live: boolean): void;
}
