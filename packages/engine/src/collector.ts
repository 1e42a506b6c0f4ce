import type { UnitHash } from "@fleet/core";
import type { EngineWrite, Revision } from "@fleet/registry";
import type { Cluster } from "./model/cluster.ts";

/** A file must have gone unused for so long: whoever stores one may be about to refer to it. */
export const COLLECT_GRACE_MS = 30_000;
/** At most so many things are collected at a time. */
const COLLECT_MAX = 256;

interface Idle {
  readonly revision: Revision;
  readonly sinceMs: number;
}

/** Finds what is stored and no longer used: unit files, and what is kept of machines long gone. */
export class Collector {
  readonly #idle = new Map<UnitHash, Idle>();

  /**
   * What to collect now. While anything in the registry cannot be read nothing is: it might be what
   * refers to a file.
   */
  due(cluster: Cluster, nowMs: number): readonly EngineWrite[] {
    if (cluster.unreadable.size > 0) return [];
    const metadata = cluster.machines
      .forgotten()
      .map((machine): EngineWrite => ({ kind: "collect-machine", machine }));
    return [...metadata, ...this.#files(cluster, nowMs)].slice(0, COLLECT_MAX);
  }

  #files(cluster: Cluster, nowMs: number): readonly EngineWrite[] {
    const placed = placedHashes(cluster);
    const due: EngineWrite[] = [];
    const seen = new Set<UnitHash>();
    for (const { hash, revision } of cluster.units.files()) {
      if (cluster.units.isUsed(hash) || placed.has(hash)) continue;
      seen.add(hash);
      const idle = this.#idle.get(hash);
      if (idle?.revision !== revision) this.#idle.set(hash, { revision, sinceMs: nowMs });
      else if (nowMs - idle.sinceMs >= COLLECT_GRACE_MS) {
        due.push({ kind: "collect-file", hash, revision });
      }
    }
    for (const hash of this.#idle.keys()) if (!seen.has(hash)) this.#idle.delete(hash);
    return due;
  }
}

function placedHashes(cluster: Cluster): ReadonlySet<UnitHash> {
  const hashes = new Set<UnitHash>();
  for (const name of cluster.placedNames()) {
    for (const placed of cluster.placementsOf(name).values()) {
      if (placed !== "unreadable") hashes.add(placed.hash);
    }
  }
  for (const { hash } of cluster.leaving.copies()) hashes.add(hash);
  return hashes;
}
