import type { DropRunnerDeps } from "@fleet/agent";
import { Gauge, type Registry } from "prom-client";

/** Counts the files of this machine's drop directory; shows nothing before the first count. */
export function dropMetrics(registers: Registry[]): NonNullable<DropRunnerDeps["onCounts"]> {
  const files = new Gauge({
    name: "fleet_drop_files",
    help: "Files of the drop directory: submitted, invalid, or refused because the unit is somebody else's.",
    labelNames: ["state"],
    registers,
  });
  return (counts) => {
    for (const [state, count] of Object.entries(counts)) files.set({ state }, count);
  };
}
