export * from "./candidate.ts";
export * from "./load-order.ts";
export * from "./machine-load.ts";
export * from "./refusal.ts";
export * from "./rules.ts";
export * from "./unit-index.ts";
export * from "./waiting.ts";
