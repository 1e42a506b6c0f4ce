import type { Machine, MachineId } from "@fleet/core";

import { clusterChangeOf } from "./cluster-change.ts";
import type { Listing } from "./feed.ts";
import type { Keys } from "./keys.ts";
import type { LeavingUnit } from "./moving-units.ts";
import type {
  Assignment,
  ClusterChange,
  ClusterSnapshot,
  Departure,
  StoredFile,
  StoredUnit,
} from "./registry.ts";
import type { LeaseId } from "./store.ts";
import type { UnreadableEntry } from "./unreadable.ts";

/** A snapshot while it is being put together. */
interface Draft {
  readonly units: StoredUnit[];
  readonly files: StoredFile[];
  readonly machines: Machine[];
  readonly leases: Map<MachineId, LeaseId>;
  readonly dynamicMetadata: Map<MachineId, Map<string, string>>;
  readonly departed: Map<MachineId, Departure>;
  readonly assignments: Assignment[];
  readonly leaving: LeavingUnit[];
  readonly unreadable: UnreadableEntry[];
}

/** The picture that a first list gives. */
export function clusterSnapshotOf(keys: Keys, list: Listing): ClusterSnapshot {
  const draft: Draft = {
    units: [],
    files: [],
    machines: [],
    leases: new Map(),
    dynamicMetadata: new Map(),
    departed: new Map(),
    assignments: [],
    leaving: [],
    unreadable: [],
  };
  for (const item of list.items) {
    const change = clusterChangeOf(keys, { kind: "put", item });
    if (change !== undefined) add(draft, change);
  }
  return { ...draft, revision: list.revision };
}

function add(draft: Draft, change: ClusterChange): void {
  switch (change.kind) {
    case "unit":
      return pushPresent(draft.units, change.unit);
    case "file":
      return pushPresent(draft.files, change.file);
    case "machine":
      if (change.lease !== undefined) draft.leases.set(change.id, change.lease);
      return pushPresent(draft.machines, change.machine);
    case "metadata":
    case "departure":
      return addToMachine(draft, change);
    case "assignment": {
      const { machine, entry } = change;
      return pushPresent(draft.assignments, entry && { machine, entry });
    }
    case "leaving":
      return pushPresent(draft.leaving, change.leaving);
    case "unreadable":
      draft.unreadable.push(change.entry);
  }
}

function addToMachine(
  draft: Draft,
  change: Extract<ClusterChange, { readonly kind: "metadata" | "departure" }>,
): void {
  const { machine } = change;
  if (change.kind === "departure") {
    if (change.departure !== undefined) draft.departed.set(machine, change.departure);
    return;
  }
  const values = draft.dynamicMetadata.get(machine) ?? new Map<string, string>();
  draft.dynamicMetadata.set(machine, values.set(change.key, change.value ?? ""));
}

function pushPresent<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}
