export { BenchApi, eachLimited, medianOf } from "./bench/bench-api.ts";
export { requestsOf, ticksIn } from "./bench/idle.ts";
export { AMBASSADOR_UNITS, startAmbassadorUnit, untilPageAnswers } from "./ambassador.ts";
export { CLOCK_ENVIRONMENT, CLOCK_FILES, setDaemonClock } from "./faults/daemon-clock.ts";
export {
  leadingMachine,
  signalFleetd,
  untilAllAnswer,
  untilAnotherLeads,
} from "./faults/daemons.ts";
export { compactEtcd, etcdctl, etcdLeader, leaseSecondsLeft } from "./faults/etcd-faults.ts";
export { fillDisks } from "./faults/full-disk.ts";
export { dropPackets, type Lost, passPackets } from "./faults/packet-filter.ts";
export { upgradeFleetd } from "./faults/upgrade.ts";
export { seenBy, witnessUnit } from "./faults/witness.ts";
export { makeCertificates } from "./certificates.ts";
export {
  type Cluster,
  type ClusterMachineOptions,
  type ClusterOptions,
  type FleetctlOptions,
  startCluster,
} from "./cluster.ts";
export {
  CommandFailedError,
  type CommandOptions,
  type CommandResult,
  run,
  runOk,
} from "./command.ts";
export * from "./etcd.ts";
export { freePort } from "./free-port.ts";
export {
  deleteUnit,
  type DesiredState,
  endpointOf,
  presentMachines,
  putUnit,
  statesOf,
  type WireMachine,
  type WireState,
} from "./fleet-api.ts";
export { FLEET_PORT, type FleetConf, type FleetSetting } from "./fleet-files.ts";
export { bootMachine, type Machine, type MachineOptions, startMachine } from "./machine.ts";
export type { FileContent } from "./machine-root.ts";
export type { Network } from "./network.ts";
export { PROJECT_DIRECTORY, NODE_INSIDE, PROJECT_INSIDE } from "./project.ts";
export { type Rig, startRig } from "./rig.ts";
export { RigError } from "./rig-error.ts";
export { SeededRandom } from "./seeded-random.ts";
export { type Seen, until, type UntilOptions } from "./until.ts";
