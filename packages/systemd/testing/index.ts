export type { UnitManagerBench } from "./bench.ts";
export { describeUnitManager } from "./contract.ts";
export { realClock } from "./real-clock.ts";
export { RecordingSink } from "./recording-sink.ts";
export { fileOf, type SampleKind, sampleUnit } from "./sample-units.ts";
export { until } from "./until.ts";
