export { Capture } from "./capture.ts";
export { clusterOfOne } from "./cluster-of-one.ts";
export { type Actor, TestCluster } from "./test-cluster.ts";
export { TestTerminal } from "./test-terminal.ts";
