export { Capture } from "./capture.ts";
export { type Actor, TestCluster } from "./test-cluster.ts";
export { TestTerminal } from "./test-terminal.ts";
