import { type UnitName, unitNameParts } from "@fleet/core";

import { isInvalidArgs, isNoSuchUnit, isNoUnitForPid } from "./dbus-error.ts";
import {
  managerCall,
  type ManagerMethod,
  managerPropertyCall,
  propertyCall,
} from "./manager-methods.ts";
import type { MethodCall } from "./method-call.ts";
import { unitObjectPath } from "./unit-path.ts";
import { type RunProperties, runPropertiesOf } from "./unit-runs.ts";

/** Makes one call, on whatever connection there is. */
export type Caller = (call: MethodCall, signal: AbortSignal) => Promise<readonly unknown[]>;

/** What systemd has in memory of a unit. */
export interface LoadedUnit {
  /** `loaded`, `not-found` (something refers to it), `bad-setting`, `error`, `masked`. */
  readonly loadState: string;
  /** "" when it was made from no file. */
  readonly fragmentPath: string;
  /** A file of it has changed since systemd read it. */
  readonly needsReload: boolean;
}

export interface ListedUnit {
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
}

/** org.freedesktop.systemd1.Manager as typed functions. All throw what `BusConnection.call` throws. */
export class Manager {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Asks for signals; systemd sends none to a client that did not. */
  async subscribe(signal: AbortSignal): Promise<void> {
    await this.#call("Subscribe", [], signal);
  }

  /** Queues a start job, taking the place of a job that contradicts it; returns the job's path. */
  async startUnit(unit: string, signal: AbortSignal): Promise<string> {
    return text(await this.#call("StartUnit", [unit, "replace"], signal));
  }

  /** Queues a stop job as {@link startUnit} does a start job. */
  async stopUnit(unit: string, signal: AbortSignal): Promise<string> {
    return text(await this.#call("StopUnit", [unit, "replace"], signal));
  }

  async reload(signal: AbortSignal): Promise<void> {
    await this.#call("Reload", [], signal);
  }

  async resetFailedUnit(unit: string, signal: AbortSignal): Promise<void> {
    await this.#call("ResetFailedUnit", [unit], signal);
  }

  /** Links files into the search path until the next boot. Does not reload. */
  async linkUnitFiles(paths: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#call("LinkUnitFiles", [paths, true, true], signal);
  }

  /**
   * Links a file and makes the links that its `[Install]` section asks for, until the next boot.
   * Does not reload. `installable` is false when the section asks for nothing.
   */
  async enableUnitFile(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly installable: boolean; readonly changed: boolean }> {
    const body = await this.#call("EnableUnitFiles", [[path], true, true], signal);
    const [installable, changes] = body as [boolean, readonly unknown[]];
    return { installable, changed: changes.length > 0 };
  }

  /** Removes every link to these units made until the next boot. Does not reload. */
  async disableUnitFiles(units: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#call("DisableUnitFiles", [units, true], signal);
  }

  /** The directories in which systemd looks for unit files, the first match counts. */
  async searchPath(signal: AbortSignal): Promise<readonly string[]> {
    return variant(await this.#caller(managerPropertyCall("UnitPath"), signal)) as string[];
  }

  /** One state a unit, in the same order. Units that systemd does not have are loaded for the answer. */
  async listUnitsByNames(
    units: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ListedUnit[]> {
    const [rows] = await this.#call("ListUnitsByNames", [units], signal);
    return (rows as readonly (readonly string[])[]).map((row) => ({
      loadState: row[2] ?? "",
      activeState: row[3] ?? "",
      subState: row[4] ?? "",
    }));
  }

  /** The names of the units that systemd has in memory although they are `inactive`. Loads nothing. */
  async inactiveUnits(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const [rows] = await this.#call("ListUnitsFiltered", [["inactive"]], signal);
    return new Set((rows as readonly (readonly string[])[]).map((row) => row[0] ?? ""));
  }

  /** The object path of a unit that systemd has in memory, else undefined. Loads nothing. */
  async unitPath(unit: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return text(await this.#call("GetUnit", [unit], signal));
    } catch (error) {
      if (isNoSuchUnit(error) || isInvalidArgs(error)) return undefined;
      throw error;
    }
  }

  /** The object path of the unit that a process of this machine belongs to, else undefined. */
  async unitPathOfProcess(pid: number, signal: AbortSignal): Promise<string | undefined> {
    try {
      return text(await this.#call("GetUnitByPID", [pid], signal));
    } catch (error) {
      if (isNoUnitForPid(error)) return undefined;
      throw error;
    }
  }

  /** What systemd has in memory of a unit, undefined when nothing. */
  async loadedUnit(unit: string, signal: AbortSignal): Promise<LoadedUnit | undefined> {
    const path = await this.unitPath(unit, signal);
    if (path === undefined) return undefined;
    const [loadState, fragmentPath, needsReload] = await Promise.all([
      this.#unitProperty(path, "LoadState", signal),
      this.#unitProperty(path, "FragmentPath", signal),
      this.#unitProperty(path, "NeedDaemonReload", signal),
    ]);
    return {
      loadState: loadState as string,
      fragmentPath: fragmentPath as string,
      needsReload: needsReload as boolean,
    };
  }

  /** `active`, `inactive`, `failed`…; `inactive` for a unit that systemd does not have in memory. */
  async activeState(unit: string, signal: AbortSignal): Promise<string> {
    const path = await this.unitPath(unit, signal);
    if (path === undefined) return "inactive";
    return (await this.#unitProperty(path, "ActiveState", signal)) as string;
  }

  /** True when the unit is neither up nor has a job that may bring it up. */
  async isDown(unit: string, signal: AbortSignal): Promise<boolean> {
    const path = await this.unitPath(unit, signal);
    if (path === undefined) return true;
    if ((await this.jobPath(path, signal)) !== undefined) return false;
    const state = (await this.#unitProperty(path, "ActiveState", signal)) as string;
    return state === "inactive" || state === "failed";
  }

  /** The path of the job that the unit at `unitPath` has, else undefined. */
  async jobPath(unitPath: string, signal: AbortSignal): Promise<string | undefined> {
    const [id, path] = (await this.#unitProperty(unitPath, "Job", signal)) as [number, string];
    return id === 0 ? undefined : path;
  }

  /** systemd's word for what a job does: `start`, `stop`, `restart`, `try-restart`… */
  async jobType(jobPath: string, signal: AbortSignal): Promise<string> {
    return variant(await this.#caller(propertyCall(jobPath, "Job", "JobType"), signal)) as string;
  }

  /** The properties that tell of a unit's run, by interface, as its signals would. */
  async unitRun(
    unit: UnitName,
    isDown: boolean,
    signal: AbortSignal,
  ): Promise<readonly (readonly [owner: string, properties: RunProperties])[]> {
    const path = unitObjectPath(unit);
    // One by one: all of an interface's values at once take systemd and the reader of them eight times as long.
    const asked = runPropertiesOf(unitNameParts(unit)?.type ?? "", isDown);
    return Promise.all(
      asked.map(async ({ owner, names }) => {
        const values = names.map(async (name) => {
          const value = variant(await this.#caller(propertyCall(path, owner, name), signal));
          return [name, { value }] as const;
        });
        return [owner, Object.fromEntries(await Promise.all(values))] as const;
      }),
    );
  }

  async #unitProperty(path: string, name: string, signal: AbortSignal): Promise<unknown> {
    return variant(await this.#caller(propertyCall(path, "Unit", name), signal));
  }

  async #call(
    method: ManagerMethod,
    body: readonly unknown[],
    signal: AbortSignal,
  ): Promise<readonly unknown[]> {
    return this.#caller(managerCall(method, body), signal);
  }
}

// The signature of every reply has been compared with the method's: these casts cannot lie.

function text(body: readonly unknown[]): string {
  return body[0] as string;
}

function variant(body: readonly unknown[]): unknown {
  return (body[0] as { readonly value: unknown }).value;
}
