import type { Machine } from "../machine.ts";
import { type BenchApi, eachLimited, medianOf, msUntil } from "./bench-api.ts";

const ROUNDS = 21;
const REQUESTS_IN_FLIGHT = 16;
/** Asked more often, the API's answers cost more than what is measured. */
const POLL_ONE_EVERY_MS = 4;
const POLL_ALL_EVERY_MS = 20;

const isActive = async (api: BenchApi, unit: string): Promise<boolean> =>
  (await api.states(unit)).some((state) => state.systemdActiveState === "active");

export interface OneUnit {
  readonly newMs: number;
  readonly stopMs: number;
  readonly startMs: number;
}

/**
 * Medians for one unit at a time: new until active, stopped until inactive, started until active.
 * What was created is destroyed at the end, so that no unit waits for another's removal.
 */
export async function oneUnit(api: BenchApi, machines: readonly Machine[]): Promise<OneUnit> {
  const [created, stopped, started]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const unit = `bench-one-${round}.service`;
    const active = async (): Promise<boolean> => isActive(api, unit);
    const inactive = async (): Promise<boolean> => !(await active());
    let since = performance.now();
    await api.launch(unit);
    created.push(await msUntil(active, POLL_ONE_EVERY_MS, since));
    since = performance.now();
    await api.setState(unit, "loaded");
    stopped.push(await msUntil(inactive, POLL_ONE_EVERY_MS, since));
    since = performance.now();
    await api.setState(unit, "launched");
    started.push(await msUntil(active, POLL_ONE_EVERY_MS, since));
  }
  const units = Array.from({ length: ROUNDS }, (_, round) => `bench-one-${round}.service`);
  await destroyAll(api, units, machines);
  return { newMs: medianOf(created), stopMs: medianOf(stopped), startMs: medianOf(started) };
}

export function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `bench-${String(i).padStart(4, "0")}.service`);
}

/** Until every unit is active. */
export async function launchAll(api: BenchApi, units: readonly string[]): Promise<number> {
  const since = performance.now();
  await eachLimited(units, REQUESTS_IN_FLIGHT, async (unit) => api.launch(unit));
  return msUntil(async () => (await activeCount(api)) === units.length, POLL_ALL_EVERY_MS, since);
}

/** Until the API shows no state and no machine has a unit file or process of them left. */
export async function destroyAll(
  api: BenchApi,
  units: readonly string[],
  machines: readonly Machine[],
): Promise<number> {
  const since = performance.now();
  await eachLimited(units, REQUESTS_IN_FLIGHT, async (unit) => api.destroy(unit));
  await msUntil(async () => (await api.states()).length === 0, POLL_ALL_EVERY_MS, since);
  for (const machine of machines) {
    const listing = ["systemctl", "list-units", "--all", "--no-legend", "bench-*.service"];
    await msUntil(async () => (await machine.exec(...listing)).trim() === "", POLL_ALL_EVERY_MS);
  }
  return performance.now() - since;
}

/** From the death of `machine` until all units are active on the others. */
export async function loseMachine(
  api: BenchApi,
  machine: Machine,
  unitCount: number,
): Promise<number> {
  const since = performance.now();
  await machine.kill();
  const moved = async (): Promise<boolean> => (await activeCount(api, machine.id)) === unitCount;
  return msUntil(moved, POLL_ALL_EVERY_MS, since);
}

async function activeCount(api: BenchApi, exceptMachine?: string): Promise<number> {
  const states = await api.states();
  return states.filter(
    (state) => state.systemdActiveState === "active" && state.machineID !== exceptMachine,
  ).length;
}
