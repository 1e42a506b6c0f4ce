export { Capture } from "./capture.ts";
export { scaledClock } from "./scaled-clock.ts";
export { type Actor, TestCluster } from "./test-cluster.ts";
export { TestTerminal } from "./test-terminal.ts";
