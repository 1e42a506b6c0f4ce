import { inParallel } from "../parallel.ts";
import type { ApiUnitState, ApiUnit, FleetApi } from "./fleet-api.ts";

/** From so many names on, one listing is cheaper than a request for each. */
const LISTING_FROM_NAMES = 8;
/** fleetd's own page size, unless configured: what one request of a listing brings. */
const ENTRIES_PER_REQUEST = 100;

/**
 * Looks units up, again and again while a command waits: by name while there are few, by one listing
 * when there are many, unless the last listing took more requests than there are names.
 */
export class LookUp {
  readonly #api: FleetApi;
  readonly #signal: AbortSignal;
  #unitsListed = 0;
  #statesListed = 0;

  constructor(api: FleetApi, signal: AbortSignal) {
    this.#api = api;
    this.#signal = signal;
  }

  /** The units of these names; a name that is not there is missing. */
  async units(names: readonly string[]): Promise<ReadonlyMap<string, ApiUnit>> {
    if (!isListingCheaper(names, this.#unitsListed)) {
      const found = await inParallel(names, (name) => this.#api.unit(name, this.#signal));
      return byName(found.filter((unit) => unit !== undefined));
    }
    const listing = await this.#api.units(this.#signal);
    this.#unitsListed = listing.length;
    const wanted = new Set(names);
    return byName(listing.filter((unit) => wanted.has(unit.name)));
  }

  /** What systemd says of the units of these names, on every machine. */
  async states(names: readonly string[]): Promise<ReadonlyMap<string, readonly ApiUnitState[]>> {
    if (!isListingCheaper(names, this.#statesListed)) {
      const found = await inParallel(names, async (unit) => {
        return [unit, await this.#api.states({ unit }, this.#signal)] as const;
      });
      return new Map(found);
    }
    const listing = await this.#api.states({}, this.#signal);
    this.#statesListed = listing.length;
    const wanted = new Map<string, ApiUnitState[]>(names.map((name) => [name, []]));
    for (const state of listing) wanted.get(state.unit)?.push(state);
    return wanted;
  }
}

function isListingCheaper(names: readonly string[], lastListed: number): boolean {
  return (
    names.length >= LISTING_FROM_NAMES &&
    names.length >= Math.ceil(lastListed / ENTRIES_PER_REQUEST)
  );
}

function byName(units: readonly ApiUnit[]): ReadonlyMap<string, ApiUnit> {
  return new Map(units.map((unit) => [unit.name, unit]));
}
