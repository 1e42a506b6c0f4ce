import {
  type Cluster,
  CommandFailedError,
  type CommandResult,
  type FleetctlOptions,
  type Machine,
  until,
} from "@fleet/rig";

import { FIXTURES } from "./fixtures.ts";

/** One line of `list-units`: a unit as one machine reports it. */
export interface UnitRow {
  readonly unit: string;
  readonly active: string;
  /** Its machine's whole ID. */
  readonly machine: string;
}

/** One line of `list-unit-files`: a unit as it was submitted. */
export interface UnitFileRow {
  readonly unit: string;
  readonly desired: string;
  readonly current: string;
}

const MACHINES_WITHIN_MS = 10_000;
const UNITS_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 250;

/** The cluster as `fleetctl` shows it when it asks `via`; absent: the first machine that can be reached. */
export class FleetView {
  readonly #cluster: () => Cluster;
  readonly #via: Machine | undefined;

  constructor(cluster: () => Cluster, via?: Machine) {
    this.#cluster = cluster;
    this.#via = via;
  }

  /** Runs fleetctl among the fixtures; returns its output. @throws {CommandFailedError} on a status other than 0. */
  async fleetctl(...args: readonly string[]): Promise<string> {
    const result = await this.tryFleetctl(args);
    if (result.status !== 0) throw new CommandFailedError(["fleetctl", ...args], result);
    return result.stdout;
  }

  /** The same, whatever its status. */
  async tryFleetctl(
    args: readonly string[],
    options: Omit<FleetctlOptions, "via" | "cwd"> = {},
  ): Promise<CommandResult> {
    const via = this.#via === undefined ? {} : { via: this.#via };
    return this.#cluster().runFleetctl(args, { ...options, ...via, cwd: FIXTURES });
  }

  /** Resolves with the IDs of the machines when there are exactly `count`, within 10 s. */
  async machines(count: number): Promise<readonly string[]> {
    const args = ["list-machines", "--no-legend", "--full", "--fields=machine"];
    const rows = await this.#untilRows(`${count} machines`, count, MACHINES_WITHIN_MS, async () =>
      this.#table(...args),
    );
    return rows.map(([id = ""]) => id);
  }

  /** Resolves with what `list-units` shows when it is exactly `count` lines, within 15 s. */
  async units(count: number): Promise<readonly UnitRow[]> {
    return this.#untilRows(`${count} units`, count, UNITS_WITHIN_MS, async () => this.listUnits());
  }

  /** The same, of the units that are `active`. */
  async active(count: number): Promise<readonly UnitRow[]> {
    const listActive = async (): Promise<readonly UnitRow[]> =>
      (await this.listUnits()).filter((row) => row.active === "active");
    return this.#untilRows(`${count} active units`, count, UNITS_WITHIN_MS, listActive);
  }

  /** Resolves with what `list-unit-files` shows when it is exactly `count` lines, within 15 s. */
  async unitFiles(count: number): Promise<readonly UnitFileRow[]> {
    return this.#untilRows(`${count} unit files`, count, UNITS_WITHIN_MS, async () =>
      this.listUnitFiles(),
    );
  }

  async listUnits(): Promise<readonly UnitRow[]> {
    const args = ["list-units", "--no-legend", "--full", "--fields=unit,active,machine"];
    return (await this.#table(...args)).map(([unit = "", active = "", machine = ""]) => ({
      unit,
      active,
      machine: machine.split("/")[0] ?? "",
    }));
  }

  async listUnitFiles(): Promise<readonly UnitFileRow[]> {
    const args = ["list-unit-files", "--no-legend", "--full", "--fields=unit,dstate,state"];
    return (await this.#table(...args)).map(([unit = "", desired = "", current = ""]) => ({
      unit,
      desired,
      current,
    }));
  }

  async #table(...args: readonly string[]): Promise<readonly (readonly string[])[]> {
    const lines = (await this.fleetctl(...args)).split("\n").filter((line) => line !== "");
    return lines.map((line) => line.split(/\t+/));
  }

  async #untilRows<Row>(
    what: string,
    count: number,
    withinMs: number,
    list: () => Promise<readonly Row[]>,
  ): Promise<readonly Row[]> {
    return until(
      `fleetctl lists ${what}`,
      async () => {
        const rows = await list();
        if (rows.length === count) return { done: true, value: rows };
        return { done: false, saw: `${rows.length}: ${JSON.stringify(rows)}` };
      },
      { withinMs, everyMs: LOOK_EVERY_MS },
    );
  }
}

/** Each unit's machine. @throws {Error} when one of them is on several. */
export function machineByUnit(rows: readonly UnitRow[]): ReadonlyMap<string, string> {
  const machines = new Map<string, string>();
  for (const { unit, machine } of rows) {
    const other = machines.get(unit);
    if (other !== undefined) throw new Error(`${unit} is on both ${other} and ${machine}`);
    machines.set(unit, machine);
  }
  return machines;
}

export function namesOf(rows: readonly { readonly unit: string }[]): readonly string[] {
  return rows.map((row) => row.unit);
}
