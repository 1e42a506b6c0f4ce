export { createAgent, type Agent, type AgentDeps, type AgentObserver } from "./agent.ts";
export type { AgentDump } from "./dump-state.ts";
export { LEAVE_UNLOAD_MS_MAX } from "./leave.ts";
export { planTasks } from "./plan/plan-tasks.ts";
export { taskInWords, type Task } from "./plan/tasks.ts";
