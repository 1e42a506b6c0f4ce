export { createEngine, type Engine, type EngineOptions } from "./engine.ts";
export type { MovePolicy } from "./model/absence.ts";
export type { EngineObserver, MoveCause, Setback, TaskKind } from "./observer.ts";
