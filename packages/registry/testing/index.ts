export * from "./memory-under-test.ts";
export * from "./recorded-watch.ts";
export * from "./store-contract.ts";
export type { StoreUnderTest } from "./store-under-test.ts";
