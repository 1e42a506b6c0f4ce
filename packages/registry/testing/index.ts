export * from "./memory-under-test.ts";
export { RecordingClusterSink, RecordingScheduleSink } from "./recording-sinks.ts";
export { describeRegistry } from "./registry-contract.ts";
export { describeStore } from "./store-contract.ts";
export type { StoreUnderTest } from "./store-under-test.ts";
