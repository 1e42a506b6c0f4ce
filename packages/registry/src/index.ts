export * from "./errors.ts";
export { openRegistry, type RegistryOptions } from "./open-registry.ts";
export * from "./registry.ts";
export * from "./store.ts";
