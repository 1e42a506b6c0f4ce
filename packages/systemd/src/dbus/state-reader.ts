import type { UnitName } from "@fleet/core";

import { orAborted } from "../abort.ts";
import { mapLimited } from "../map-limited.ts";
import type { SystemdState } from "../unit-manager.ts";
import { DBusError, isInvalidArgs } from "./dbus-error.ts";
import type { Manager } from "./manager.ts";
import type { UnitRuns } from "./unit-runs.ts";

/** A state for each of so many names in one call: a reply of some twenty kilobytes. */
const NAMES_PER_CALL = 128;
const STATE_CALLS_AT_ONCE = 4;

const UNKNOWN: SystemdState = { loadState: "not-found", activeState: "inactive", subState: "dead" };

/** Reads the states of many units with few calls, and adds what is known of their last runs. */
export class StateReader {
  readonly #manager: Manager;
  readonly #runs: UnitRuns;

  constructor(manager: Manager, runs: UnitRuns) {
    this.#manager = manager;
    this.#runs = runs;
  }

  /** One state a unit, in the same order. */
  async read(
    units: readonly UnitName[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<UnitName, SystemdState>> {
    const chunks: UnitName[][] = [];
    for (let from = 0; from < units.length; from += NAMES_PER_CALL) {
      chunks.push(units.slice(from, from + NAMES_PER_CALL));
    }
    const read = mapLimited(chunks, STATE_CALLS_AT_ONCE, async (chunk) =>
      this.#statesOfChunk(chunk, signal),
    );
    const states = (await orAborted(read, signal)).flat();
    const asked = mapLimited(states, NAMES_PER_CALL, async ([unit, { subState }]) =>
      this.#askForRun(unit, subState, signal),
    );
    await orAborted(asked, signal);
    return new Map(states.map(([unit, state]) => [unit, { ...state, ...this.#runs.of(unit) }]));
  }

  /** Asks once for the run of a unit that systemd has not spoken of; one that is down has none to tell of. */
  async #askForRun(unit: UnitName, subState: string, signal: AbortSignal): Promise<void> {
    if (subState === "dead" || !this.#runs.mustAsk(unit)) return;
    try {
      const asked = await this.#manager.unitRun(unit, signal);
      if (this.#runs.of(unit) !== undefined) return; // what came meanwhile is newer
      for (const [owner, properties] of asked) this.#runs.take(unit, owner, properties);
    } catch (error) {
      if (!(error instanceof DBusError)) throw error; // it has just ended, and its signals tell how
    }
  }

  async #statesOfChunk(
    units: readonly UnitName[],
    signal: AbortSignal,
  ): Promise<readonly (readonly [UnitName, SystemdState])[]> {
    try {
      const listed = await this.#manager.listUnitsByNames(units, signal);
      if (listed.length === units.length) {
        return units.map((unit, index) => [unit, listed[index] ?? UNKNOWN]);
      }
    } catch (error) {
      if (!isInvalidArgs(error)) throw error;
    }
    // Names that cannot be loaded, such as a template's, are left out or spoil the whole answer.
    const [only, ...others] = units;
    if (only === undefined) return [];
    if (others.length === 0) return [[only, UNKNOWN]];
    const one = await mapLimited(units, NAMES_PER_CALL, async (unit) =>
      this.#statesOfChunk([unit], signal),
    );
    return one.flat();
  }
}
