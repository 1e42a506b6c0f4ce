export type { JournalEntry, UnitBehaviour } from "./behaviour.ts";
export { MemorySystemd } from "./memory-systemd.ts";
export { MemoryUnitManager, type MemoryUnitManagerOptions } from "./memory-unit-manager.ts";
