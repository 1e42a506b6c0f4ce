import type { UnitName } from "@fleet/core";

import type { UnitManager } from "../src/unit-manager.ts";
import type { SampleKind } from "./sample-units.ts";

/** A unit manager on a machine of which nobody else makes use, and what a test can do to it. */
export interface UnitManagerBench extends AsyncDisposable {
  /** The one that is open now. */
  readonly manager: UnitManager;
  /** Says what a sample unit will do. A real systemd reads it in the file. */
  teach(unit: UnitName, kind: SampleKind): void;
  /** Closes the manager and opens another, as when the daemon restarts. */
  reopen(): Promise<void>;
  /** The same as far as files and marks can tell after a reboot, on a directory that survives one. */
  reboot(): Promise<void>;
  /** Breaks the connection to systemd, which comes back at once. */
  breakConnection(): Promise<void>;
  /** Changes a file behind the manager's back. */
  edit(unit: UnitName, text: string): Promise<void>;
  /** The name of a unit that belongs to the machine. */
  readonly foreign: UnitName;
  /** Whether the machine's own unit is as it was at first. */
  isForeignUntouched(): Promise<boolean>;
  /** Whether systemd starts the unit along with the one it is wanted by. */
  isEnabled(unit: UnitName): Promise<boolean>;
  /** Differs from an earlier answer when systemd has reloaded in between. */
  reloads(): Promise<string>;
}
