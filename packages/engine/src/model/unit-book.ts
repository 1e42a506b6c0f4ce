import {
  candidateOf,
  isEmpty,
  requirementsOf,
  UnitIndex,
  type Candidate,
  type UnitHash,
  type UnitName,
} from "@fleet/core";
import type { StoredFile, StoredUnit } from "@fleet/registry";

const NOBODY: ReadonlySet<UnitName> = new Set();

/** The units of the cluster, their files, and how they refer to each other. */
export class UnitBook {
  readonly #stored = new Map<UnitName, StoredUnit>();
  readonly #files = new Map<UnitHash, StoredFile>();
  readonly #candidates = new Map<UnitName, { readonly hash: UnitHash; readonly of: Candidate }>();
  readonly #namesByHash = new Map<UnitHash, Set<UnitName>>();
  readonly #followers = new Map<string, Set<UnitName>>();
  readonly #frozen = new Set<UnitName>();
  readonly #globals = new UnitIndex();
  readonly #replacers = new UnitIndex();

  stored(name: UnitName): StoredUnit | undefined {
    return this.#stored.get(name);
  }

  /** What the unit asks for: by its file, or by the last one known when that cannot be read. */
  candidate(name: UnitName): Candidate | undefined {
    return this.#candidates.get(name)?.of;
  }

  /** What a file asks for under a name; undefined when the file is not known. */
  candidateOfFile(name: UnitName, hash: UnitHash): Candidate | undefined {
    const file = this.#files.get(hash)?.file;
    return file === undefined ? undefined : candidateOf(name, requirementsOf(name, file));
  }

  /** Something of the unit cannot be read: it neither comes nor goes nor changes. */
  isFrozen(name: UnitName): boolean {
    return this.#frozen.has(name);
  }

  /** It is to be on a machine, and what that takes is known. */
  isWanted(name: UnitName): boolean {
    const unit = this.#stored.get(name);
    return unit !== undefined && unit.targetState !== "inactive" && !this.isFrozen(name);
  }

  /** The units that name `name` as a peer. */
  followersOf(name: string): ReadonlySet<UnitName> {
    return this.#followers.get(name) ?? NOBODY;
  }

  /** The global units that are wanted. */
  get globals(): Pick<UnitIndex, "has" | "candidates" | "conflictsOf" | "replacedBy"> {
    return this.#globals;
  }

  /** The units that replace others, wanted or not. */
  get replacers(): Pick<UnitIndex, "candidates" | "replacedBy" | "replacersOf"> {
    return this.#replacers;
  }

  names(): Iterable<UnitName> {
    return this.#stored.keys();
  }

  files(): Iterable<StoredFile> {
    return this.#files.values();
  }

  isUsed(hash: UnitHash): boolean {
    return this.#namesByHash.has(hash);
  }

  setFile(hash: UnitHash, file: StoredFile | undefined): void {
    if (file === undefined) this.#files.delete(hash);
    else this.#files.set(hash, file);
  }

  namesWith(hash: UnitHash): readonly UnitName[] {
    return [...(this.#namesByHash.get(hash) ?? NOBODY)];
  }

  setUnit(name: UnitName, unit: StoredUnit | undefined): void {
    const before = this.#stored.get(name);
    if (before !== undefined) removeFrom(this.#namesByHash, before.hash, name);
    if (unit === undefined) {
      this.#stored.delete(name);
      return;
    }
    this.#stored.set(name, unit);
    addTo(this.#namesByHash, unit.hash, name);
  }

  /** Brings all that is derived from a unit up to date after its record or its file changed. */
  refresh(name: UnitName, unreadable: boolean): void {
    const unit = this.#stored.get(name);
    const frozen = unreadable || (unit !== undefined && !this.#files.has(unit.hash));
    if (frozen) this.#frozen.add(name);
    else this.#frozen.delete(name);
    if (unit === undefined) this.#setCandidate(name, undefined);
    else if (this.#candidates.get(name)?.hash !== unit.hash) {
      const of = this.candidateOfFile(name, unit.hash);
      if (of !== undefined) this.#setCandidate(name, { hash: unit.hash, of });
    }
    const candidate = this.candidate(name);
    if (candidate?.global && this.isWanted(name)) this.#globals.add(candidate);
    else this.#globals.remove(name);
  }

  #setCandidate(
    name: UnitName,
    next: { readonly hash: UnitHash; readonly of: Candidate } | undefined,
  ): void {
    for (const peer of this.candidate(name)?.peers ?? []) removeFrom(this.#followers, peer, name);
    this.#replacers.remove(name);
    if (next === undefined) {
      this.#candidates.delete(name);
      return;
    }
    this.#candidates.set(name, next);
    for (const peer of next.of.peers) addTo(this.#followers, peer, name);
    if (!isEmpty(next.of.replaces)) this.#replacers.add(next.of);
  }
}

function addTo<K>(sets: Map<K, Set<UnitName>>, key: K, name: UnitName): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([name]));
  else set.add(name);
}

function removeFrom<K>(sets: Map<K, Set<UnitName>>, key: K, name: UnitName): void {
  const set = sets.get(key);
  if (set?.delete(name) && set.size === 0) sets.delete(key);
}
