import {
  type Machine,
  type MachineId,
  parseUnitFile,
  type TargetState,
  type UnitFile,
  UnitFileError,
  unitHash,
  type UnitHash,
  type UnitName,
  type UnitState,
  type Waiting,
} from "@fleet/core";
import { type Static, type TSchema, Type } from "typebox";
import { Compile, type Validator } from "typebox/compile";

import { RegistryDataError } from "./errors.ts";
import type { LeavingUnit, MoveRole } from "./moving-units.ts";
import { parseJson } from "./parse-json.ts";
import type { Departure, HeldMoves, Leader, ScheduleEntry } from "./registry.ts";

/*
 * Values as they are stored. Other versions write here, too: what we use is checked, what we do not
 * know is let be. A value that cannot be read is a `RegistryDataError`, never an absence.
 */

/** A unit as its key's value says it; name and revision come from the key. */
export interface UnitRecord {
  readonly hash: UnitHash;
  readonly targetState: TargetState;
}

/** A machine's record: the machine, and which daemon of that machine wrote it. */
export interface MachineRecord {
  readonly machine: Machine;
  readonly instance: string;
}

const Hash = Type.String({ pattern: "^[0-9a-f]{40}$" });
const ACTIVE_TARGETS = [Type.Literal("loaded"), Type.Literal("launched")] as const;

const UnitJson = Compile(
  Type.Object({
    hash: Hash,
    targetState: Type.Union([Type.Literal("inactive"), ...ACTIVE_TARGETS]),
  }),
);

const EntryJson = Compile(
  Type.Object({
    hash: Hash,
    targetState: Type.Union([...ACTIVE_TARGETS]),
    leaving: Type.Optional(Type.Boolean()),
    arriving: Type.Optional(Type.String()),
  }),
);

const LeavingJson = Compile(
  Type.Object({ hash: Hash, step: Type.Union([Type.Literal("keep"), Type.Literal("stop")]) }),
);

/** fleet's own record, plus `hostname` and `instance`. */
const MachineJson = Compile(
  Type.Object({
    ID: Type.String({ minLength: 1 }),
    PublicIP: Type.Optional(Type.String()),
    Metadata: Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])),
    Capabilities: Type.Optional(
      Type.Union([Type.Object({ DISABLE_ENGINE: Type.Optional(Type.Boolean()) }), Type.Null()]),
    ),
    Version: Type.Optional(Type.String()),
    hostname: Type.Optional(Type.String()),
    instance: Type.Optional(Type.String()),
  }),
);

/** fleet's own record, plus how far the agent took the unit, its error, and how the last run went. */
const StateJson = Compile(
  Type.Object({
    loadState: Type.String(),
    activeState: Type.String(),
    subState: Type.String(),
    unitHash: Hash,
    currentState: Type.Optional(Type.Union([Type.Literal("inactive"), ...ACTIVE_TARGETS])),
    error: Type.Optional(Type.String()),
    since: Type.Optional(Type.Number()),
    result: Type.Optional(Type.String()),
    skipped: Type.Optional(Type.Boolean()),
    exitStatus: Type.Optional(Type.Number()),
    exitSignal: Type.Optional(Type.Number()),
    restarts: Type.Optional(Type.Number()),
  }),
);

const WaitingJson = Compile(
  Type.Object({
    machines: Type.Integer({ minimum: 0 }),
    reasons: Type.Array(
      Type.Object({
        rule: Type.String(),
        reason: Type.String(),
        count: Type.Integer({ minimum: 1 }),
        machines: Type.Array(Type.String()),
      }),
    ),
  }),
);

const LeaderJson = Compile(
  Type.Object({ MachineID: Type.String(), since: Type.Optional(Type.Number()) }),
);

/** @throws {RegistryDataError} */
export function decodeUnit(key: string, text: string): UnitRecord {
  const { hash, targetState } = read(UnitJson, { key, text, what: "a unit" });
  return { hash: hash as UnitHash, targetState };
}

/** The unit's value with another target state; what other versions added to it stays. */
export function encodeUnit(record: UnitRecord, before = "{}"): string {
  const known = { hash: record.hash, targetState: record.targetState };
  return JSON.stringify({ ...(JSON.parse(before) as object), ...known });
}

/**
 * A file that is not what its hash says is as broken as one that cannot be read: taken for the unit's, it
 * would move or change what runs.
 * @throws {RegistryDataError}
 */
export function decodeUnitFile(key: string, hash: UnitHash, text: string): UnitFile {
  const file = parsedFile(key, text);
  if (unitHash(file) === hash) return file;
  throw new RegistryDataError(`${key}: not the unit file of this hash`);
}

function parsedFile(key: string, text: string): UnitFile {
  try {
    return parseUnitFile(text);
  } catch (error) {
    if (!(error instanceof UnitFileError)) throw error;
    throw new RegistryDataError(`${key}: not a unit file: ${error.message}`, { cause: error });
  }
}

/** @throws {RegistryDataError} */
export function decodeEntry(key: string, unit: UnitName, text: string): ScheduleEntry {
  const json = read(EntryJson, { key, text, what: "a schedule entry" });
  const { hash, targetState } = json;
  const move = moveRoleOf(json);
  return { unit, hash: hash as UnitHash, targetState, ...(move === undefined ? {} : { move }) };
}

function moveRoleOf({
  leaving = false,
  arriving,
}: {
  readonly leaving?: boolean;
  readonly arriving?: string;
}): MoveRole | undefined {
  if (leaving) return { kind: "leaving" };
  return arriving === undefined ? undefined : { kind: "arriving", waitsFor: arriving };
}

export function encodeEntry({ hash, targetState, move }: ScheduleEntry): string {
  if (move === undefined) return JSON.stringify({ hash, targetState });
  const role = move.kind === "leaving" ? { leaving: true } : { arriving: move.waitsFor };
  return JSON.stringify({ hash, targetState, ...role });
}

/** @throws {RegistryDataError} */
export function decodeLeaving(
  key: string,
  { unit, machine }: Pick<LeavingUnit, "unit" | "machine">,
  text: string,
): LeavingUnit {
  const { hash, step } = read(LeavingJson, { key, text, what: "a leaving unit" });
  return { unit, machine, hash: hash as UnitHash, step };
}

export function encodeLeaving({ hash, step }: LeavingUnit): string {
  return JSON.stringify({ hash, step });
}

/** @throws {RegistryDataError} */
export function decodeMachine(key: string, id: MachineId, text: string): MachineRecord {
  const json = read(MachineJson, { key, text, what: "a machine" });
  if (json.ID !== id) throw new RegistryDataError(`${key}: is about machine ${json.ID}`);
  const machine: Machine = {
    id,
    publicIp: json.PublicIP ?? "",
    hostname: json.hostname ?? "",
    metadata: new Map(Object.entries(json.Metadata ?? {})),
    version: json.Version ?? "",
    engineDisabled: json.Capabilities?.DISABLE_ENGINE ?? false,
  };
  return { machine, instance: json.instance ?? "" };
}

export function encodeMachine({ machine, instance }: MachineRecord): string {
  return JSON.stringify({
    ID: machine.id,
    PublicIP: machine.publicIp,
    Metadata: Object.fromEntries(machine.metadata),
    Capabilities: { DISABLE_ENGINE: machine.engineDisabled },
    Version: machine.version,
    hostname: machine.hostname,
    instance,
  });
}

/** @throws {RegistryDataError} */
export function decodeState(key: string, whose: StateOwner, text: string): UnitState {
  const json = read(StateJson, { key, text, what: "a unit's state" });
  return {
    unit: whose.unit,
    machine: whose.machine,
    hash: json.unitHash as UnitHash,
    loadState: json.loadState,
    activeState: json.activeState,
    subState: json.subState,
    currentState: json.currentState ?? "loaded",
    ...defined({ error: json.error, sinceMs: json.since, result: json.result }),
    ...(json.skipped === true ? { isSkipped: true } : {}),
    ...defined({
      exitStatus: json.exitStatus,
      exitSignal: json.exitSignal,
      restarts: json.restarts,
    }),
  };
}

type Defined<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** Only what there is a word for. */
function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<Fields>;
}

export interface StateOwner {
  readonly unit: UnitName;
  readonly machine: MachineId;
}

export function encodeState(state: UnitState): string {
  return JSON.stringify({
    loadState: state.loadState,
    activeState: state.activeState,
    subState: state.subState,
    machineState: { ID: state.machine },
    unitHash: state.hash,
    currentState: state.currentState,
    error: state.error,
    since: state.sinceMs,
    result: state.result,
    skipped: state.isSkipped,
    exitStatus: state.exitStatus,
    exitSignal: state.exitSignal,
    restarts: state.restarts,
  });
}

/** @throws {RegistryDataError} */
export function decodeWaiting(key: string, text: string): Waiting {
  // The sort of a reason and the names of machines are passed on to people, and nothing hangs on them.
  return read(WaitingJson, { key, text, what: "why a unit waits" }) as unknown as Waiting;
}

export function encodeWaiting(waiting: Waiting): string {
  return JSON.stringify(waiting);
}

const DepartureJson = Compile(
  Type.Object({ since: Type.Number(), left: Type.Optional(Type.Boolean()) }),
);

/** Never fails: the key says the most by being there. */
export function decodeDeparture(text: string): Departure {
  const json = parseJson(text);
  if (!DepartureJson.Check(json)) return {};
  return { sinceMs: json.since, ...(json.left === true ? { hasLeft: true } : {}) };
}

export function encodeDeparture({ sinceMs, hasLeft }: Departure): string {
  return JSON.stringify({ since: sinceMs, left: hasLeft });
}

const HeldMovesJson = Compile(Type.Object({ machines: Type.Array(Type.String()) }));

/** @throws {RegistryDataError} */
export function decodeHeldMoves(key: string, text: string): HeldMoves {
  const { machines } = read(HeldMovesJson, { key, text, what: "a list of machines" });
  return { machines: machines as MachineId[] };
}

export function encodeHeldMoves(held: HeldMoves): string {
  return JSON.stringify({ machines: held.machines });
}

/** A leader's name is only shown, and a broken one may have any length. */
const LEADER_CHARS_MAX = 64;

/** Never fails: whoever holds the key leads. As in fleet, what is not JSON is a machine's ID. */
export function decodeLeader(text: string): Leader {
  const json = parseJson(text);
  if (!LeaderJson.Check(json)) {
    return { machine: text.slice(0, LEADER_CHARS_MAX) as MachineId, sinceMs: 0 };
  }
  return { machine: json.MachineID as MachineId, sinceMs: json.since ?? 0 };
}

export function encodeLeader(leader: Leader): string {
  return JSON.stringify({ MachineID: leader.machine, Version: 1, since: leader.sinceMs });
}

interface Stored {
  readonly key: string;
  readonly text: string;
  readonly what: string;
}

function read<Schema extends TSchema>(
  schema: Validator<{}, Schema>,
  { key, text, what }: Stored,
): Static<Schema> {
  const value = parseJson(text);
  if (value === undefined) throw new RegistryDataError(`${key}: not JSON`);
  if (schema.Check(value)) return value;
  const [first] = schema.Errors(value);
  const where = first === undefined ? "" : `: ${first.instancePath || "value"} ${first.message}`;
  throw new RegistryDataError(`${key}: not ${what}${where}`);
}
