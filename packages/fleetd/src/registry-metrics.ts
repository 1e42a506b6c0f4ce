import type { RegistryObserver } from "@fleet/registry";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const MS_PER_SECOND = 1000;

/** How etcd is doing: fleet 1.0.0's documented metrics, and the health of watches and leases. */
export function registryMetrics(registers: Registry[]): RegistryObserver {
  const operations = new Counter({
    name: "fleet_registry_operation_count_total",
    help: "Requests to etcd, by what they do: get one key, get_all of a range, set, lease.",
    labelNames: ["type"],
    registers,
  });
  const failures = new Counter({
    name: "fleet_registry_operation_failed_count_total",
    help: "Requests to etcd that failed.",
    labelNames: ["type"],
    registers,
  });
  const seconds = new Histogram({
    name: "fleet_registry_operation_duration_second",
    help: "How long etcd took to answer a request, or to fail it.",
    labelNames: ["ops"],
    registers,
  });
  const watches = new Gauge({
    name: "fleet_registry_watches",
    help: "Watches that etcd has accepted and that have not ended.",
    registers,
  });
  const interruptions = new Counter({
    name: "fleet_registry_watch_interrupted_count_total",
    help: "Watches that ended although they were still needed.",
    registers,
  });
  const leases = new Gauge({
    name: "fleet_registry_leases",
    help: "Leases that are being kept alive: the machine's presence, the leader's.",
    registers,
  });
  const lost = new Counter({
    name: "fleet_registry_lease_lost_count_total",
    help: "Leases that ran out although they were still needed.",
    registers,
  });
  return {
    operationDone: (type, durationMs, succeeded) => {
      operations.inc({ type });
      if (!succeeded) failures.inc({ type });
      seconds.observe({ ops: type }, durationMs / MS_PER_SECOND);
    },
    watchOpened: () => watches.inc(),
    watchEnded: (how) => {
      watches.dec();
      if (how !== "aborted") interruptions.inc();
    },
    leaseGranted: () => leases.inc(),
    leaseEnded: (how) => {
      leases.dec();
      if (how === "lost") lost.inc();
    },
  };
}
