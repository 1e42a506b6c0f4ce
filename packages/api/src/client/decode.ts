import type { UnitFile } from "@fleet/core";

import { fromOptionsWire } from "../convert.ts";
import type {
  DropFilePageWire,
  DropFileWire,
  MachinePageWire,
  MachineWire,
  UnitOptionWire,
  UnitPageWire,
  UnitStatePageWire,
  UnitStateWire,
  UnitWire,
  HeldMovesWire,
  ReportsWire,
  ReportWire,
  WaitingReasonWire,
  WaitingWire,
} from "../schema.ts";

/** A unit as the API tells of it; "" is what it does not tell. */
export interface ApiUnit {
  readonly name: string;
  readonly file: UnitFile;
  readonly targetState: string;
  readonly currentState: string;
  /** ID of the machine that was chosen for it. */
  readonly machine: string;
}

/** A unit's state on one machine as the API tells of it; "" is what it does not tell. */
export interface ApiUnitState {
  readonly unit: string;
  readonly machine: string;
  readonly hash: string;
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
}

/** A machine as the API tells of it. */
export interface ApiMachine {
  readonly id: string;
  /** "" when it has none. */
  readonly publicIp: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A dropped file as the API tells of it; "" is what it does not tell. */
export interface ApiDropFile {
  readonly machine: string;
  readonly name: string;
  readonly hash: string;
  readonly targetState: string;
  readonly problem: string;
}

export function decodeDropFile(json: unknown): ApiDropFile {
  const file: Untrusted<DropFileWire> = fields(json);
  return {
    machine: text(file.machineID),
    name: text(file.name),
    hash: text(file.hash),
    targetState: text(file.desiredState),
    problem: text(file.problem),
  };
}

/** Why a unit runs nowhere. */
export interface ApiWaiting {
  /** How many machines were asked. */
  readonly machines: number;
  /** The most frequent first. */
  readonly reasons: readonly ApiWaitingReason[];
}

/** What `count` machines have against a unit, in words; `machines` names some of them. */
export interface ApiWaitingReason {
  readonly rule: string;
  readonly reason: string;
  readonly count: number;
  readonly machines: readonly string[];
}

/** All that one machine says of a unit. */
export interface ApiReport {
  readonly machine: string;
  readonly hash: string;
  /** It was moved off this machine, and stays until it runs on the new one. */
  readonly isLeaving: boolean;
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  readonly currentState: string;
  /** Why the last attempt there failed; "" when it did not. */
  readonly error: string;
  /** systemd's word for how the last run went; "" when it has none. */
  readonly result: string;
  /** A condition in its file kept it from being started, and that is no failure. */
  readonly isSkipped: boolean;
  /** How a service's main process ended: absent when it did not. */
  readonly exitStatus: number | undefined;
  readonly exitSignal: number | undefined;
  readonly restarts: number | undefined;
  /** When the state began, in milliseconds since 1970. */
  readonly sinceMs: number | undefined;
}

export function decodeReports(json: unknown): readonly ApiReport[] {
  const { reports }: Untrusted<ReportsWire> = fields(json);
  return list(reports).map((one) => {
    const report: Untrusted<ReportWire> = fields(one);
    return {
      machine: text(report.machineID),
      hash: text(report.hash),
      isLeaving: report.leaving === true,
      loadState: text(report.loadState),
      activeState: text(report.activeState),
      subState: text(report.subState),
      currentState: text(report.currentState),
      error: text(report.error),
      result: text(report.result),
      isSkipped: report.skipped === true,
      exitStatus: maybeNumber(report.exitStatus),
      exitSignal: maybeNumber(report.exitSignal),
      restarts: maybeNumber(report.restarts),
      sinceMs: maybeNumber(report.since),
    };
  });
}

export function decodeWaiting(json: unknown): ApiWaiting {
  const waiting: Untrusted<WaitingWire> = fields(json);
  const reasons = list(waiting.reasons).map((one) => {
    const { rule, reason, count, machines }: Untrusted<WaitingReasonWire> = fields(one);
    return {
      rule: text(rule),
      reason: text(reason),
      count: number(count),
      machines: list(machines).map(text),
    };
  });
  return { machines: number(waiting.machines), reasons };
}

/** IDs of machines. */
export function decodeHeldMoves(json: unknown): readonly string[] {
  const held: Untrusted<HeldMovesWire> = fields(json);
  return list(held.machines).map(text);
}

export function decodeUnit(json: unknown): ApiUnit {
  const unit: Untrusted<UnitWire> = fields(json);
  const options = list(unit.options).map((option) => {
    const { section, name, value }: Untrusted<UnitOptionWire> = fields(option);
    return { section: text(section), name: text(name), value: text(value) };
  });
  return {
    name: text(unit.name),
    file: fromOptionsWire(options),
    targetState: text(unit.desiredState),
    currentState: text(unit.currentState),
    machine: text(unit.machineID),
  };
}

export function decodeUnitState(json: unknown): ApiUnitState {
  const state: Untrusted<UnitStateWire> = fields(json);
  return {
    unit: text(state.name),
    machine: text(state.machineID),
    hash: text(state.hash),
    loadState: text(state.systemdLoadState),
    activeState: text(state.systemdActiveState),
    subState: text(state.systemdSubState),
  };
}

export function decodeMachine(json: unknown): ApiMachine {
  const machine: Untrusted<MachineWire> = fields(json);
  const metadata = Object.entries(fields(machine.metadata));
  return {
    id: text(machine.id),
    publicIp: text(machine.primaryIP),
    metadata: new Map(metadata.map(([key, value]) => [key, text(value)])),
  };
}

/** The entries of a page and the token of the next one. */
export interface ApiPage {
  readonly items: readonly unknown[];
  readonly nextPageToken: string;
}

export function decodePage(
  json: unknown,
  key: "units" | "states" | "machines" | "dropFiles",
): ApiPage {
  const page: Untrusted<UnitPageWire & UnitStatePageWire & MachinePageWire & DropFilePageWire> =
    fields(json);
  return { items: list(page[key]), nextPageToken: text(page.nextPageToken) };
}

/** What another program wrote: any key may be missing and hold anything. */
type Untrusted<T> = { readonly [Key in keyof T]?: unknown };

/** Tolerant, as an older or newer server may say more or less: what is not as expected is absent. */
function fields(json: unknown): object {
  return typeof json === "object" && json !== null ? json : {};
}

function list(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}

function number(json: unknown): number {
  return maybeNumber(json) ?? 0;
}

function maybeNumber(json: unknown): number | undefined {
  return typeof json === "number" ? json : undefined;
}

function text(json: unknown): string {
  return typeof json === "string" ? json : "";
}
