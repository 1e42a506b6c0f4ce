import type { UnitName, UnitState } from "@fleet/core";
import type { StatePublisher } from "./publish/publish-states.ts";
import type { Reconciler } from "./run/reconciler.ts";

/** A unit's state as fleet 1.0.0 prints it. */
interface DumpedState {
  readonly LoadState: string;
  readonly ActiveState: string;
  readonly SubState: string;
  readonly MachineID: string;
  readonly UnitHash: string;
  readonly UnitName: string;
}

/** What `SIGUSR1` prints of the agent, in the shape of fleet 1.0.0. Unit names are in byte order. */
export interface AgentDump {
  readonly Agent: {
    readonly Cache: { readonly TargetStates: Readonly<Record<string, "launched" | "loaded">> };
  };
  readonly UnitStatePublisher: {
    /** Null while it is not known what the store holds. */
    readonly Cache: Readonly<Record<string, DumpedState | null>>;
    /** Units whose state waits to be published; their value is read when it is. */
    readonly ToPublish: Readonly<Record<string, null>>;
  };
  readonly UnitStateGenerator: { readonly Subscribed: readonly string[] };
}

export function dumpState(
  reconciler: Pick<Reconciler, "units" | "report">,
  publisher: Pick<StatePublisher, "contents">,
): AgentDump {
  const targets: [UnitName, "launched" | "loaded"][] = [];
  for (const unit of reconciler.units()) {
    const report = reconciler.report(unit);
    if (report.kind === "installed") targets.push([unit, report.launched ? "launched" : "loaded"]);
  }
  const { published, waiting } = publisher.contents;
  const cache = [...published.keys()]
    .toSorted()
    .map((unit) => [unit, dumped(published.get(unit))] as const);
  return {
    Agent: { Cache: { TargetStates: Object.fromEntries(targets) } },
    UnitStatePublisher: {
      Cache: Object.fromEntries(cache),
      ToPublish: Object.fromEntries([...waiting].toSorted().map((unit) => [unit, null] as const)),
    },
    UnitStateGenerator: { Subscribed: targets.map(([unit]) => unit) },
  };
}

function dumped(state: UnitState | "unknown" | undefined): DumpedState | null {
  if (state === undefined || state === "unknown") return null;
  return {
    LoadState: state.loadState,
    ActiveState: state.activeState,
    SubState: state.subState,
    MachineID: state.machine,
    UnitHash: state.hash,
    UnitName: state.unit,
  };
}
