import {
  type Machine,
  type MachineId,
  parseUnitFile,
  parseUnitName,
  type TargetState,
  type UnitFile,
  unitHash,
  type UnitName,
  type UnitState,
  type Waiting,
} from "@fleet/core";
import type { EngineWrite, LeavingUnit, Registry } from "@fleet/registry";

const never = new AbortController().signal;

/** The file that {@link storeUnit} gives a unit unless told otherwise. */
export const SLEEP = parseUnitFile("[Service]\nExecStart=/bin/sleep 100\n");

export function machineOf(id: string, more: Partial<Machine> = {}): Machine {
  return {
    id: id as MachineId,
    publicIp: "",
    hostname: "",
    metadata: new Map(),
    version: "9.8.7",
    engineDisabled: false,
    ...more,
  };
}

/** Stores a unit as the API does. */
export async function storeUnit(
  registry: Registry,
  text: string,
  file: UnitFile = SLEEP,
  targetState: TargetState = "inactive",
): Promise<UnitName> {
  const name = parseUnitName(text);
  await registry.putUnit({ name, file, targetState }, 0, never);
  return name;
}

/** Makes a machine present. */
export async function join(registry: Registry, machine: Machine): ReturnType<Registry["announce"]> {
  return registry.announce({ machine, instance: machine.id, ttlMs: 30_000 }, never);
}

/** Places units on a machine, as an engine does, and publishes what its agent would say of them. */
export async function run(
  registry: Registry,
  id: string,
  units: ReadonlyMap<string, "loaded" | "launched" | "silent">,
): Promise<void> {
  const machine = machineOf(id);
  const presence = await join(registry, machine);
  const leadership = await registry.campaign(
    { machine: machine.id, ttlMs: 30_000, onLeader: () => {} },
    never,
  );
  const writes = [...units.keys()].map((text) => {
    const unit = parseUnitName(text);
    const entry = { unit, hash: unitHash(SLEEP), targetState: "launched" } as const;
    return { kind: "assign", machine: machine.id, entry } as const;
  });
  await leadership.commit(writes, never);
  await leadership.resign(never);
  const states = [...units].flatMap(([text, state]) => {
    const unit = parseUnitName(text);
    return state === "silent" ? [] : [[unit, stateOf(unit, machine.id, state)] as const];
  });
  await presence.publish(new Map(states), never);
}

/** Publishes a state of a unit that was placed before, as the agent of its machine does. */
export async function report(
  registry: Registry,
  unit: UnitName,
  more: Partial<UnitState> & Pick<UnitState, "machine">,
): Promise<void> {
  const presence = await join(registry, machineOf(more.machine));
  const state = { ...stateOf(unit, more.machine, "launched"), ...more };
  await presence.publish(new Map([[unit, state]]), never);
}

/** Tells why a unit waits, as an engine does. */
export async function explainWait(
  registry: Registry,
  unit: UnitName,
  waiting: Waiting,
): Promise<void> {
  await commit(registry, { kind: "explain-wait", unit, waiting });
}

/** Holds the units of machines, as an engine does that lost them together. */
export async function holdMoves(registry: Registry, ids: readonly string[]): Promise<void> {
  await commit(registry, { kind: "hold-moves", machines: ids as readonly MachineId[] });
}

/** Tells that a unit was moved off a machine where it still runs, as an engine does. */
export async function moveOff(
  registry: Registry,
  leaving: Pick<LeavingUnit, "unit" | "machine">,
): Promise<void> {
  const hash = unitHash(SLEEP);
  await commit(registry, { kind: "leave", leaving: { ...leaving, hash, step: "keep" } });
}

async function commit(registry: Registry, write: EngineWrite): Promise<void> {
  const campaign = { machine: machineOf("m0").id, ttlMs: 30_000, onLeader: () => {} };
  const leadership = await registry.campaign(campaign, never);
  await leadership.commit([write], never);
  await leadership.resign(never);
}

function stateOf(
  unit: UnitName,
  machine: MachineId,
  currentState: "loaded" | "launched",
): UnitState {
  const active = currentState === "launched";
  return {
    unit,
    machine,
    hash: unitHash(SLEEP),
    loadState: "loaded",
    activeState: active ? "active" : "inactive",
    subState: active ? "running" : "dead",
    currentState,
  };
}
