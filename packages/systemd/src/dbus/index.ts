export type { BusChoice } from "./endpoint.ts";
export type { OwnUnitJob } from "./own-unit-job.ts";
export {
  openSystemdUnitManager,
  type SystemdUnitManagerOptions,
} from "../open-systemd-unit-manager.ts";
export type { SystemdUnitManager } from "../systemd-unit-manager.ts";
