export { createAgent, type Agent, type AgentDeps, type AgentObserver } from "./agent.ts";
export type { AgentDump } from "./dump-state.ts";
export type { Task } from "./plan/tasks.ts";
