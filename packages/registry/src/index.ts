export type {
  DropChange,
  DropFileView,
  DropRecord,
  DropRegistry,
  DropView,
  DropWish,
  DropWrite,
  OriginUnit,
} from "./drop-registry.ts";
export * from "./errors.ts";
export type { LeaseUse } from "./lease-ttls.ts";
export type { PlacementWrite } from "./placement-write.ts";
export type { LeavingUnit, MoveRole } from "./moving-units.ts";
export { openRegistry, type RegistryOptions } from "./open-registry.ts";
export type { OperationType, RegistryObserver } from "./observed-store.ts";
export * from "./registry.ts";
export type { EtcdMark, EtcdMemory } from "./same-etcd-store.ts";
export type { StateFilter } from "./state-filter.ts";
export * from "./store.ts";
export type { UnreadableEntry } from "./unreadable.ts";
