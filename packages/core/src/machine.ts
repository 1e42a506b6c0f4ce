declare const machineId: unique symbol;

/** The trimmed content of a machine's /etc/machine-id. Not checked further, as in fleet. */
export type MachineId = string & { readonly [machineId]: true };

const SHORT_ID_CHARS = 8;

/** The first eight characters of a machine's ID, as `MachineID=` and `list-machines` know it. */
export function shortMachineId(id: MachineId): string {
  return id.slice(0, SHORT_ID_CHARS);
}

/** One machine of the cluster, as it describes itself. Only its own agent writes it. */
export interface Machine {
  readonly id: MachineId;
  /** "" when none was configured or found. */
  readonly publicIp: string;
  readonly hostname: string;
  /** From the machine's own configuration (static). */
  readonly metadata: ReadonlyMap<string, string>;
  /** fleetd's version, e.g. `2.0.0`. */
  readonly version: string;
  /** True when the machine takes no part in leading the cluster (`disable_engine`). */
  readonly engineDisabled: boolean;
}

/**
 * What everyone sees as the machine's metadata: static values overridden by the dynamic ones set
 * through the API; a dynamic "" hides the key.
 */
export function effectiveMetadata(
  fixed: ReadonlyMap<string, string>,
  dynamic: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const merged = new Map([...fixed, ...dynamic]);
  for (const [key, value] of dynamic) if (value === "") merged.delete(key);
  return merged;
}
