import {
  type Machine,
  type MachineId,
  parseUnitFile,
  parseUnitName,
  silentLogger,
  type UnitFile,
  unitHash,
  type UnitName,
  type UnitState,
} from "@fleet/core";

import {
  type EngineWrite,
  openRegistry,
  type Presence,
  type Registry,
  type ScheduleEntry,
  type Store,
} from "../src/index.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

export const { signal } = new AbortController();

export const WEB = parseUnitName("web.service");
export const DB = parseUnitName("db.service");
export const M1 = "11111111111111111111111111111111" as MachineId;
export const M2 = "22222222222222222222222222222222" as MachineId;
export const FILE = fileOf("/bin/web");
export const GLOBAL_FILE = parseUnitFile("[X-Fleet]\nGlobal=true\n");
export const HASH = unitHash(FILE);
export const TTL_MS = 3_000;

/** A registry of its own connection, below the test's prefix. */
export function registryOn(etcd: StoreUnderTest, store: Store = etcd.open()): Registry {
  return openRegistry(store, { prefix: etcd.prefix, clock: etcd.clock, log: silentLogger });
}

export function fileOf(command: string): UnitFile {
  return parseUnitFile(`[Service]\nExecStart=${command}\n`);
}

/** `u00.service`, `u01.service` … */
export function unitNames(count: number): UnitName[] {
  return Array.from({ length: count }, (_, n) =>
    parseUnitName(`u${String(n).padStart(4, "0")}.service`),
  );
}

export function machineOf(id: MachineId, more: Partial<Machine> = {}): Machine {
  return {
    id,
    publicIp: "10.0.0.1",
    hostname: `host-${id.slice(0, 1)}`,
    metadata: new Map([["disk", "ssd"]]),
    version: "2.0.0",
    engineDisabled: false,
    ...more,
  };
}

export function entryOf(unit: UnitName, more: Partial<ScheduleEntry> = {}): ScheduleEntry {
  return { unit, hash: HASH, targetState: "launched", ...more };
}

export function stateOf(
  unit: UnitName,
  machine: MachineId,
  more: Partial<UnitState> = {},
): UnitState {
  return {
    unit,
    machine,
    hash: HASH,
    loadState: "loaded",
    activeState: "active",
    subState: "running",
    currentState: "launched",
    ...more,
  };
}

export function statesOf(...states: readonly UnitState[]): Map<UnitName, UnitState> {
  return new Map(states.map((state) => [state.unit, state]));
}

/** Writes a value below the prefix behind the registry's back. */
export async function scribble(etcd: StoreUnderTest, key: string, value: string): Promise<void> {
  const put = { kind: "put", key: etcd.prefix + key, value } as const;
  await etcd.open().txn({ compare: [], success: [put] }, signal);
}

/** Deletes a key below the prefix behind the registry's back. */
export async function remove(etcd: StoreUnderTest, key: string): Promise<void> {
  const deletion = { kind: "delete", key: etcd.prefix + key } as const;
  await etcd.open().txn({ compare: [], success: [deletion] }, signal);
}

/** The keys below the prefix, without it. */
export async function keysBelow(etcd: StoreUnderTest, folder: string): Promise<string[]> {
  const start = etcd.prefix + folder;
  const { items } = await etcd.open().range({ start, end: `${start}~` }, signal);
  return items.map((item) => item.key.slice(etcd.prefix.length));
}

/** Waits until nothing is left below a folder; a lease may be extended once more after a freeze. */
export async function untilEmpty(etcd: StoreUnderTest, folder: string): Promise<void> {
  await untilKeys(etcd, folder, []);
}

/** Waits until these keys are left below a folder, and no other. */
export async function untilKeys(
  etcd: StoreUnderTest,
  folder: string,
  keys: readonly string[],
): Promise<void> {
  const giveUpAtMs = etcd.clock.monotonicMs() + 4 * TTL_MS;
  for (;;) {
    const found = (await keysBelow(etcd, folder)).join();
    if (found === keys.join()) return;
    if (etcd.clock.monotonicMs() > giveUpAtMs) throw new Error(`${folder} has ${found}`);
    await etcd.pass(100);
  }
}

/** Announces a machine whose ID nobody contests, and publishes states of its units. */
export async function presenceOf(
  registry: Registry,
  machine: Machine,
  ...states: readonly UnitState[]
): Promise<Presence> {
  const presence = await registry.announce({ machine, instance: "i", ttlMs: TTL_MS }, signal);
  if (states.length > 0) await presence.publish(statesOf(...states), signal);
  return presence;
}

/** The engine's decision to run a unit, launched unless `more` says otherwise. */
export function assign(
  machine: MachineId,
  unit: UnitName,
  more: Partial<ScheduleEntry> = {},
): EngineWrite {
  return { kind: "assign", machine, entry: entryOf(unit, more) };
}

/** Wins an election that nobody contests. */
export function leadershipOf(registry: Registry, machine: MachineId, ttlMs = TTL_MS) {
  return registry.campaign({ machine, ttlMs, onLeader: () => {} }, signal);
}
