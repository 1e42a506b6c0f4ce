export { createAgent, type Agent, type AgentDeps, type AgentObserver } from "./agent.ts";
export type { AgentDump } from "./dump-state.ts";
export type { LeaseMemory } from "./isolation/lease-memory.ts";
export type { Task } from "./plan/tasks.ts";
export type { DropDirectory, DropSink } from "./drop/drop-directory.ts";
export { isDropName } from "./drop/drop-name.ts";
export { createDropRunner, type DropRunner, type DropRunnerDeps } from "./drop/drop-runner.ts";
export type { DropCounts } from "./drop/drop-standings.ts";
export type { DropContent } from "./drop/read-drop-file.ts";
