export * from "./registry.ts";
export * from "./store.ts";
