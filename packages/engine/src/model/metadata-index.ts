import type { MachineId } from "@fleet/core";

/** Finds machines by a key and value of their metadata. */
export class MetadataIndex {
  readonly #byItem = new Map<string, Set<MachineId>>();

  add(id: MachineId, metadata: ReadonlyMap<string, string>): void {
    for (const [key, value] of metadata) {
      const ids = this.#byItem.get(itemOf(key, value));
      if (ids === undefined) this.#byItem.set(itemOf(key, value), new Set([id]));
      else ids.add(id);
    }
  }

  remove(id: MachineId, metadata: ReadonlyMap<string, string>): void {
    for (const [key, value] of metadata) {
      const ids = this.#byItem.get(itemOf(key, value));
      if (ids?.delete(id) && ids.size === 0) this.#byItem.delete(itemOf(key, value));
    }
  }

  /** The machines that meet the first of the wanted keys; undefined when no key is wanted. */
  withFirstOf(wanted: ReadonlyMap<string, ReadonlySet<string>>): readonly MachineId[] | undefined {
    const [first] = wanted;
    if (first === undefined) return undefined;
    const [key, values] = first;
    return [...values].flatMap((value) => [...(this.#byItem.get(itemOf(key, value)) ?? [])]);
  }
}

function itemOf(key: string, value: string): string {
  return `${key}=${value}`;
}
