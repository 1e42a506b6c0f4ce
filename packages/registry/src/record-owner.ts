import { DuplicateMachineError, type MachineId } from "@fleet/core";

import { decodeMachine } from "./codec.ts";
import { RegistryDataError } from "./errors.ts";
import type { KeyValue } from "./store.ts";

/** Who writes a machine's record: one of those who may have the same ID. */
export interface Owner {
  readonly id: MachineId;
  readonly instance: string;
}

/** @throws {DuplicateMachineError} when the record is one that another instance wrote. */
export function refuseForeign(present: KeyValue, owner: Owner): void {
  if (!isForeign(present, owner)) return;
  const { id } = owner;
  const { hostname, publicIp } = decodeMachine(present.key, id, present.value).machine;
  throw new DuplicateMachineError(
    `machine ID ${id} is in use by ${hostname || "a machine without a hostname"} ` +
      `(${publicIp || "no address"}): give one of the two another /etc/machine-id`,
  );
}

/**
 * Whether another program wrote the record of a machine that is here: it cannot be read, or goes with no lease, so that
 * it would outlive the machine. One with a lease may be that of our next daemon.
 */
export function isDamaged(present: KeyValue, { id }: Owner): boolean {
  if (present.lease === undefined) return true;
  try {
    decodeMachine(present.key, id, present.value);
    return false;
  } catch (error) {
    if (!(error instanceof RegistryDataError)) throw error;
    return true;
  }
}

/** Nobody can be made out from a record that cannot be read: it counts as ours. */
export function isForeign(present: KeyValue, { id, instance }: Owner): boolean {
  try {
    return decodeMachine(present.key, id, present.value).instance !== instance;
  } catch (error) {
    if (!(error instanceof RegistryDataError)) throw error;
    return false;
  }
}
