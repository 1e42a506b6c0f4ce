import { SystemdError, type UnitName } from "@fleet/core";

import { DBusError } from "./dbus/dbus-error.ts";
import { mapLimited } from "./map-limited.ts";

/** What went wrong, by unit; a unit that is missing here went well. */
export type Failures = ReadonlyMap<UnitName, SystemdError>;

const AT_ONCE = 64;

/**
 * Makes one call for all units. systemd refuses all when one of them is wrong: then it is made once
 * for each, so that the wrong ones alone fail.
 * @throws {SystemdError} when systemd cannot be reached.
 */
export async function callForAll(
  units: readonly UnitName[],
  call: (units: readonly UnitName[]) => Promise<void>,
): Promise<Failures> {
  if (units.length === 0) return new Map();
  try {
    await call(units);
    return new Map();
  } catch (error) {
    if (!(error instanceof DBusError)) throw error;
    if (units.length === 1) return new Map(units.map((unit) => [unit, error]));
  }
  return callForEach(units, async (unit) => call([unit]));
}

/** Makes one call a unit, many at a time. @throws {SystemdError} when systemd cannot be reached. */
export async function callForEach(
  units: readonly UnitName[],
  call: (unit: UnitName) => Promise<void>,
): Promise<Failures> {
  return gather(units, call, (error) => error instanceof DBusError);
}

/** Does something to the file of each unit, many at a time; one that fails does not stop the rest. */
export async function forEachFile(
  units: readonly UnitName[],
  act: (unit: UnitName) => Promise<void>,
): Promise<Failures> {
  return gather(units, act, () => true);
}

async function gather(
  units: readonly UnitName[],
  act: (unit: UnitName) => Promise<void>,
  concernsOne: (error: SystemdError) => boolean,
): Promise<Failures> {
  const failures = new Map<UnitName, SystemdError>();
  await mapLimited(units, AT_ONCE, async (unit) => {
    try {
      await act(unit);
    } catch (error) {
      if (!(error instanceof SystemdError) || !concernsOne(error)) throw error;
      failures.set(unit, error);
    }
  });
  return failures;
}
