import type { MachineId, UnitName } from "@fleet/core";

import type { LeavingUnit } from "./moving-units.ts";
import type { ScheduleEntry } from "./registry.ts";

/** A write of the engine that says where a unit is to be. */
export type PlacementWrite =
  /** Creates or replaces the entry in the machine's work list and in `assignments/`, together. */
  | { readonly kind: "assign"; readonly machine: MachineId; readonly entry: ScheduleEntry }
  | { readonly kind: "unassign"; readonly machine: MachineId; readonly unit: UnitName }
  /** Takes the unit off the machine's assignments and leaves it on its work list, leaving. */
  | { readonly kind: "leave"; readonly leaving: LeavingUnit }
  /** Takes it off the work list, too: it is stopped there, or not there any more. */
  | { readonly kind: "end-leaving"; readonly machine: MachineId; readonly unit: UnitName }
  /** Assigns the unit to a machine again that it was leaving. */
  | { readonly kind: "take-back"; readonly machine: MachineId; readonly entry: ScheduleEntry };
