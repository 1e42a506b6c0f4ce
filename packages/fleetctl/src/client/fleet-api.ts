import type { ApiClient } from "@fleet/api/client";

export type {
  ApiDropFile,
  ApiMachine,
  ApiReport,
  ApiUnit,
  ApiUnitState,
  ApiWaiting,
} from "@fleet/api/client";

/** What commands ask of the cluster. */
export type FleetApi = Pick<
  ApiClient,
  | "machines"
  | "units"
  | "unit"
  | "createUnit"
  | "setTargetState"
  | "destroyUnit"
  | "states"
  | "dropFiles"
  | "waiting"
  | "reports"
  | "reportOn"
  | "heldMoves"
  | "resumeMoves"
>;
