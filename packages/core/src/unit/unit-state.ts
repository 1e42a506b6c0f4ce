import type { MachineId } from "../machine.ts";
import type { UnitHash } from "./unit-hash.ts";
import type { UnitName } from "./unit-name.ts";
import type { TargetState } from "./unit.ts";

/** What one machine's systemd says of one unit. Strings are systemd's own. */
export interface UnitState {
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
