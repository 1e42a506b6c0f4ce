import type { MachineId } from "../machine.ts";
import type { UnitHash } from "./unit-hash.ts";
import type { UnitName } from "./unit-name.ts";
import type { TargetState } from "./unit.ts";

/** What systemd says of a unit's last run; each fact is absent where it has no word for it. */
export interface UnitRun {
  /** When the unit entered its present state, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  /** `success`, `exit-code`, `signal`, `timeout`, `start-limit-hit` … Targets and slices have none. */
  readonly result?: string;
  /** A condition in its file (`Condition…=`) did not hold when it was to be started last: it was left alone, without a failure. */
  readonly isSkipped?: true;
  /** Of a service's main process that has exited. */
  readonly exitStatus?: number;
  /** The number of the signal that killed a service's main process. */
  readonly exitSignal?: number;
  /** How often systemd has restarted a service by itself since it was started. */
  readonly restarts?: number;
}

/** What one machine's systemd says of one unit. Strings are systemd's own. */
export interface UnitState extends UnitRun {
  readonly unit: UnitName;
  readonly machine: MachineId;
  /** Version of the file that is on the machine; the wanted one when there is none. */
  readonly hash: UnitHash;
  /** `loaded`, `not-found`, `error`, `masked` … */
  readonly loadState: string;
  /** `active`, `reloading`, `inactive`, `failed`, `activating`, `deactivating`. */
  readonly activeState: string;
  /** Depends on the unit's type: `running`, `exited`, `dead`, `listening` … */
  readonly subState: string;
  /**
   * How far the agent has taken the unit: fleet's `currentState`. `inactive` when the unit should be
   * on the machine and cannot be: then `error` says why, and nothing of it is there.
   */
  readonly currentState: TargetState;
  /** The last failure of the agent's own work on this unit, readable; absent when it succeeded. */
  readonly error?: string;
}
