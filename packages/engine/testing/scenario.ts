import type {
  Machine,
  MachineId,
  TargetState,
  UnitFile,
  UnitHash,
  UnitName,
  UnitOption,
} from "@fleet/core";
import type { Assignment, ClusterSnapshot, StoredFile, UnreadableEntry } from "@fleet/registry";
import { Cluster } from "../src/model/cluster.ts";
import { reasonOf, type Decision } from "../src/plan/decision.ts";

/** A machine of a scenario. */
export interface ScenarioMachine {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly unreadable: boolean;
}

/** A unit of a scenario; names and patterns without a type mean services. */
export interface ScenarioUnit {
  readonly name: string;
  /** `broken`: its record cannot be read. `destroyed`: there is none. */
  readonly state: TargetState | "broken" | "destroyed";
  readonly global: boolean;
  readonly machineId: string | undefined;
  readonly peers: readonly string[];
  readonly metadata: readonly string[];
  readonly conflicts: readonly string[];
  readonly replaces: readonly string[];
  /** What its file says of how it moves. */
  readonly moving: Readonly<Partial<Record<"MoveAfter" | "OnIsolation" | "Handover", string>>>;
  /** Distinguishes versions of the file that ask for the same. */
  readonly version: number;
  readonly places: readonly ScenarioPlace[];
}

export interface ScenarioPlace {
  readonly machine: string;
  readonly version: "current" | "old" | "unreadable";
}

export interface Scenario {
  readonly machines: readonly ScenarioMachine[];
  readonly units: readonly ScenarioUnit[];
}

/**
 * Reads a cluster from short text: `machines 1 2[disk=ssd] 3?; units a@1!b b>a c^`. Behind a
 * machine: `[key=value,…]` metadata, `?` unreadable. Behind a unit, in any order: `@1` placed on
 * machine 1 (`@1'` in an older version, `@1?` by an unreadable entry), `!b` conflicts, `>b` MachineOf,
 * `~b` replaces, `=1` MachineID, `[key=value,…]` metadata, `^` global, `:inactive` and its like.
 */
export function scenarioOf(text: string): Scenario {
  const machines: ScenarioMachine[] = [];
  const units: ScenarioUnit[] = [];
  for (const part of text.split(";")) {
    const [what, ...words] = part.trim().split(/\s+/);
    if (what === "machines") machines.push(...words.map(readMachine));
    else if (what === "units") units.push(...words.map(readUnit));
    else throw new Error(`neither machines nor units: ${part}`);
  }
  return { machines, units };
}

export function clusterOf(text: string): Cluster {
  return new Cluster(snapshotOf(scenarioOf(text)), 0);
}

/** What the registry tells of a scenario. */
export function snapshotOf(scenario: Scenario, revision = 1): ClusterSnapshot {
  const { units } = scenario;
  const stored = units.filter(({ state }) => state !== "broken" && state !== "destroyed");
  return {
    units: stored.map((unit) => ({
      name: unitName(unit.name),
      hash: hashOf(unit),
      targetState: unit.state as TargetState,
      revision,
    })),
    files: units.flatMap((unit) => [fileOf(unit), OLD_FILE(unit)]),
    machines: scenario.machines.filter((machine) => !machine.unreadable).map(machineOf),
    leases: new Map(),
    dynamicMetadata: new Map(),
    departed: new Map(),
    assignments: units.flatMap(assignmentsOf),
    leaving: [],
    unreadable: [
      ...scenario.machines.filter((machine) => machine.unreadable).map(unreadableMachine),
      ...units.flatMap(unreadableOf),
    ],
    revision,
  };
}

/** A decision as a row of a table shows it: `assign a to 1`, `unassign a from 1: REASON`. */
export function inWords(decision: Decision): string {
  const unit = shortName(decision.unit);
  switch (decision.kind) {
    case "assign":
      return `assign ${unit} to ${decision.to}`;
    case "update":
      return `update ${unit} on ${decision.on}`;
    case "unassign":
      return `unassign ${unit} from ${decision.from}: ${reasonOf(decision)}`;
    case "leave":
      return `leave ${decision.step} ${unit} from ${decision.from}: ${reasonOf(decision)}`;
    case "end-leaving":
      return `end leaving ${unit} from ${decision.from}`;
    case "wait":
    case "postpone":
      return `${decision.kind} ${unit}`;
  }
}

export function unitName(short: string): UnitName {
  return completed(short) as UnitName;
}

export function shortName(name: string): string {
  return name.replace(/\.service$/, "");
}

/** The machine as its agent describes it. */
export function machineOf(machine: ScenarioMachine): Machine {
  return {
    id: machine.id as MachineId,
    publicIp: "",
    hostname: "",
    metadata: new Map(Object.entries(machine.metadata)),
    version: "2.0.0",
    engineDisabled: false,
  };
}

export function fileOf(unit: ScenarioUnit): StoredFile {
  return { hash: hashOf(unit), file: optionsOf(unit), revision: 1 };
}

export function hashOf(unit: ScenarioUnit): UnitHash {
  return `${unit.name}/${unit.version}` as UnitHash;
}

export function oldHashOf(unit: ScenarioUnit): UnitHash {
  return `${unit.name}/old` as UnitHash;
}

/** The entries that a scenario's unit has where it is placed and they can be read. */
export function assignmentsOf(unit: ScenarioUnit): readonly Assignment[] {
  return unit.places
    .filter(({ version }) => version !== "unreadable")
    .map(({ machine, version }) => ({
      machine: machine as MachineId,
      entry: {
        unit: unitName(unit.name),
        hash: version === "old" ? oldHashOf(unit) : hashOf(unit),
        targetState: unit.state === "loaded" ? "loaded" : "launched",
      },
    }));
}

const OLD_FILE = (unit: ScenarioUnit): StoredFile => ({
  hash: oldHashOf(unit),
  file: [],
  revision: 1,
});

function readMachine(word: string): ScenarioMachine {
  const id = /^\w+/.exec(word)?.[0] ?? "";
  const metadata = Object.fromEntries(listIn(word).map((item) => item.split("=")));
  return { id, metadata, unreadable: word.endsWith("?") };
}

function readUnit(word: string): ScenarioUnit {
  const name = /^[\w.-]+/.exec(word)?.[0] ?? "";
  const rest = word.slice(name.length).replace(/\[[^\]]*\]/, "");
  const marks = [...rest.matchAll(/([@!>~=^:])([^@!>~=^:]*)/g)].map(([, mark, text]) => ({
    mark,
    text: text ?? "",
  }));
  const all = (mark: string): string[] => marks.filter((m) => m.mark === mark).map((m) => m.text);
  return {
    name,
    state: (all(":")[0] ?? "launched") as ScenarioUnit["state"],
    global: all("^").length > 0,
    machineId: all("=")[0],
    peers: all(">"),
    metadata: listIn(word),
    conflicts: all("!"),
    replaces: all("~"),
    moving: {},
    version: 1,
    places: all("@").map(readPlace),
  };
}

function readPlace(text: string): ScenarioPlace {
  const machine = /^\w+/.exec(text)?.[0] ?? "";
  if (text.endsWith("'")) return { machine, version: "old" };
  return { machine, version: text.endsWith("?") ? "unreadable" : "current" };
}

function listIn(word: string): string[] {
  return (
    /\[([^\]]*)\]/
      .exec(word)?.[1]
      ?.split(",")
      .filter((item) => item !== "") ?? []
  );
}

function optionsOf(unit: ScenarioUnit): UnitFile {
  const option = (name: string, value: string): UnitOption => ({
    section: "X-Fleet",
    name,
    value,
  });
  return [
    ...(unit.machineId === undefined ? [] : [option("MachineID", unit.machineId)]),
    ...unit.peers.map((peer) => option("MachineOf", completed(peer))),
    ...unit.metadata.map((item) => option("MachineMetadata", item)),
    ...unit.conflicts.map((pattern) => option("Conflicts", completed(pattern))),
    ...unit.replaces.map((pattern) => option("Replaces", completed(pattern))),
    ...(unit.global ? [option("Global", "true")] : []),
    ...Object.entries(unit.moving).map(([name, value]) => option(name, value)),
  ];
}

function unreadableMachine(machine: ScenarioMachine): UnreadableEntry {
  return {
    key: `machines/${machine.id}/object`,
    machine: machine.id as MachineId,
    problem: "not a machine",
  };
}

function unreadableOf(unit: ScenarioUnit): readonly UnreadableEntry[] {
  const name = unitName(unit.name);
  const places = unit.places
    .filter(({ version }) => version === "unreadable")
    .map(({ machine }) => ({
      key: `assignments/${name}/${machine}`,
      unit: name,
      machine: machine as MachineId,
      problem: "not an entry",
    }));
  if (unit.state !== "broken") return places;
  return [{ key: `units/${name}`, unit: name, problem: "not a unit" }, ...places];
}

function completed(short: string): string {
  return short.includes(".") ? short : `${short}.service`;
}
