import type { MachineId } from "@fleet/core";

import type { RegistryContext } from "./context.ts";
import { readMany } from "./read-many.ts";
import type { PresenceTime } from "./registry.ts";

/** How long machines stay present if nothing is heard of them; those that are not are missing. */
export async function readPresenceTimes(
  { store, keys }: RegistryContext,
  machines: readonly MachineId[],
  signal: AbortSignal,
): Promise<ReadonlyMap<MachineId, PresenceTime>> {
  const wanted = machines.map((id) => ({ key: keys.machine(id) }));
  const records = await readMany(store, wanted, undefined, signal);
  const leases = records.flatMap((record) => record?.lease ?? []);
  const times = await store.leaseTimes(leases, signal);
  const presences = new Map<MachineId, PresenceTime>();
  for (const [index, machine] of machines.entries()) {
    const time = times.get(records[index]?.lease ?? "");
    if (time !== undefined) presences.set(machine, time);
  }
  return presences;
}
