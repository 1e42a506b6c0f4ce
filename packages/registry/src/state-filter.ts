import type { MachineId, UnitName } from "@fleet/core";

/** Which states are asked for: of assigned units, all or some, or of one that is on its way. */
export type StateFilter =
  | { readonly unit?: UnitName; readonly machine?: MachineId; readonly leaving?: never }
  /** On the machines that this unit was moved off and may still run on. */
  | { readonly leaving: UnitName; readonly unit?: never; readonly machine?: never };
