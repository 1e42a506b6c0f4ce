export * from "./unit-manager.ts";
