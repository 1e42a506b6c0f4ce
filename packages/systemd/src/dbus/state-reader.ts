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
const UNITS_ASKED_AT_ONCE = 64;

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
    await this.#askForRuns(states, signal);
    return new Map(states.map(([unit, state]) => [unit, { ...state, ...this.#runs.of(unit) }]));
  }

  /**
   * Asks once for the runs of units that systemd has not spoken of. One that is down is mostly no longer in
   * systemd's memory, and with it went what there was to tell: one call for all says which of them are.
   */
  async #askForRuns(
    states: readonly (readonly [UnitName, SystemdState])[],
    signal: AbortSignal,
  ): Promise<void> {
    const unheard = states.filter(([unit]) => this.#runs.mustAsk(unit));
    const isAnyDown = unheard.some(([, state]) => isDown(state));
    const kept = isAnyDown
      ? await orAborted(this.#manager.inactiveUnits(signal), signal)
      : new Set<string>();
    const toAsk = unheard.filter(([unit, state]) => !isDown(state) || kept.has(unit));
    const asked = mapLimited(toAsk, UNITS_ASKED_AT_ONCE, async ([unit, state]) =>
      this.#askForRun(unit, isDown(state), signal),
    );
    await orAborted(asked, signal);
  }

  async #askForRun(unit: UnitName, isUnitDown: boolean, signal: AbortSignal): Promise<void> {
    try {
      this.#runs.takeAnswer(unit, await this.#manager.unitRun(unit, isUnitDown, signal));
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

function isDown({ subState }: SystemdState): boolean {
  return subState === "dead";
}
