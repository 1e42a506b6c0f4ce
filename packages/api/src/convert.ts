import type { TargetState, UnitFile, UnitName, UnitOption, UnitState, Waiting } from "@fleet/core";

import { unlessEmpty } from "./json.ts";
import type {
  DropFileWire,
  MachineWire,
  ReportsWire,
  UnitOptionWire,
  UnitStateWire,
  UnitWire,
  WaitingWire,
} from "./schema.ts";

/** A value as it goes on the wire: its keys in fleet's order, `undefined` where fleet leaves one out. */
type Spelled<T> = T extends string | number | ReadonlyMap<string, string>
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Spelled<Item>[]
    : { readonly [Key in keyof T]-?: Spelled<Exclude<T[Key], undefined>> | undefined };

type MachineSpelling = Omit<MachineWire, "metadata"> & {
  metadata?: ReadonlyMap<string, string>;
};

/** What the API tells of a unit. */
export interface UnitFacts {
  readonly name: string;
  readonly file: UnitFile;
  readonly targetState: TargetState;
  readonly currentState: TargetState;
  readonly machine?: string;
}

/** What the API tells of a machine. */
export interface MachineFacts {
  readonly id: string;
  readonly publicIp: string;
  readonly effectiveMetadata: ReadonlyMap<string, string>;
}

/** What the API tells of a dropped file. */
export interface DropFileFacts {
  readonly machine: string;
  readonly name: string;
  readonly submitted?: { readonly hash: string; readonly targetState: TargetState };
  readonly problem?: string;
  readonly lost?: "destroyed" | "taken-over";
}

const LOSS_WORDS = {
  destroyed:
    "its unit was destroyed: it comes back when the file changes or fleetd starts there again",
  "taken-over": "its unit is not this directory's any more",
} as const;

export function toDropFileWire(file: DropFileFacts): Spelled<DropFileWire> {
  return {
    desiredState: file.submitted?.targetState,
    hash: file.submitted?.hash,
    machineID: file.machine,
    name: file.name,
    problem: file.problem ?? (file.lost && LOSS_WORDS[file.lost]),
  };
}

export function toUnitWire(unit: UnitFacts): Spelled<UnitWire> {
  return {
    currentState: unit.currentState,
    desiredState: unit.targetState,
    machineID: unit.machine,
    name: unit.name,
    options: unit.file.length === 0 ? undefined : unit.file.map(toOptionWire),
  };
}

export function toUnitStateWire(state: UnitState): Spelled<UnitStateWire> {
  return {
    hash: unlessEmpty(state.hash),
    machineID: unlessEmpty(state.machine),
    name: state.unit,
    systemdActiveState: unlessEmpty(state.activeState),
    systemdLoadState: unlessEmpty(state.loadState),
    systemdSubState: unlessEmpty(state.subState),
  };
}

/** Lists are there also when they are empty: this is an entity of ours. */
export function toWaitingWire(name: UnitName, waiting: Waiting): Spelled<WaitingWire> {
  const reasons = waiting.reasons.map(({ count, machines, reason, rule }) => {
    return { count, machines, reason, rule };
  });
  return { machines: waiting.machines, name, reasons };
}

/** Likewise ours: here "" is written, and what is absent is unknown. */
/** A machine's state of a unit; `leaving`: the unit was moved off it. */
export interface Reported {
  readonly state: UnitState;
  readonly leaving: boolean;
}

export function toReportsWire(name: UnitName, reported: readonly Reported[]): Spelled<ReportsWire> {
  const reports = reported.map(({ state, leaving }) => ({
    activeState: state.activeState,
    currentState: state.currentState,
    error: state.error,
    exitSignal: state.exitSignal,
    exitStatus: state.exitStatus,
    hash: state.hash,
    leaving: leaving ? (true as const) : undefined,
    loadState: state.loadState,
    machineID: state.machine,
    restarts: state.restarts,
    result: state.result,
    since: state.sinceMs,
    skipped: state.isSkipped,
    subState: state.subState,
  }));
  return { name, reports };
}

/** Metadata keys are sorted by their UTF-8 bytes, as fleet's encoder sorts the keys of every map. */
export function toMachineWire(machine: MachineFacts): Spelled<MachineSpelling> {
  const metadata = [...machine.effectiveMetadata].toSorted(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  return {
    id: machine.id,
    metadata: metadata.length === 0 ? undefined : new Map(metadata),
    primaryIP: unlessEmpty(machine.publicIp),
  };
}

export function toOptionWire({ name, section, value }: UnitOption): Spelled<UnitOptionWire> {
  return { name: unlessEmpty(name), section: unlessEmpty(section), value: unlessEmpty(value) };
}

/** The file in a unit that came over the wire; keys that are absent stand for "". */
export function fromOptionsWire(options: readonly UnitOptionWire[]): UnitFile {
  return options.map(({ section = "", name = "", value = "" }) => ({ section, name, value }));
}
