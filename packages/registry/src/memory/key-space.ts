import { RevisionCompactedError } from "../errors.ts";
import type { KeyValue, LeaseId, Revision, WatchEvent } from "../store.ts";
import { compareBytes, positionOf } from "./byte-order.ts";

/** What a key was from `revision` on; without an item it did not exist. */
interface Version {
  readonly revision: Revision;
  readonly item: KeyValue | undefined;
}

export interface Range {
  readonly start: string;
  /** Exclusive; absent: the single key `start`. */
  readonly end: string | undefined;
}

export interface Commit {
  readonly revision: Revision;
  readonly events: readonly WatchEvent[];
}

/** Keys with their past, as etcd keeps them. Changes become visible with {@link KeySpace.commit}. */
export class KeySpace {
  /** In byte order; a deleted key stays until its past is compacted. */
  #keys: string[] = [];
  readonly #versions = new Map<string, Version[]>();
  #commits: Commit[] = [];
  #revision: Revision = 1;
  #compacted: Revision = 0;
  #pending: WatchEvent[] = [];

  get revision(): Revision {
    return this.#revision;
  }

  /** Nothing before this revision can be read any more. */
  get compacted(): Revision {
    return this.#compacted;
  }

  /** The key at `revision`; absent: now, with what the running transaction has written. */
  get(key: string, revision?: Revision): KeyValue | undefined {
    const versions = this.#versions.get(key) ?? [];
    if (revision === undefined) return versions.at(-1)?.item;
    return versions.findLast((version) => version.revision <= revision)?.item;
  }

  /** The keys of a range that exist, in byte order. At most `limit`. */
  read(range: Range, limit: number, revision?: Revision): KeyValue[] {
    this.refuseCompacted(revision);
    const items: KeyValue[] = [];
    for (const key of this.#keysIn(range)) {
      if (items.length === limit) break;
      const item = this.get(key, revision);
      if (item !== undefined) items.push(item);
    }
    return items;
  }

  put(key: string, value: string, lease: LeaseId | undefined): void {
    const modRevision = this.#revision + 1;
    const createRevision = this.get(key)?.createRevision ?? modRevision;
    const bound = lease === undefined ? {} : { lease };
    const item: KeyValue = { key, value, createRevision, modRevision, ...bound };
    this.#write(key, { revision: modRevision, item });
    this.#pending.push({ kind: "put", item });
  }

  /** Returns the keys that it removed. */
  delete(range: Range): readonly string[] {
    const modRevision = this.#revision + 1;
    const removed = this.read(range, Infinity).map((item) => item.key);
    for (const key of removed) {
      this.#write(key, { revision: modRevision, item: undefined });
      this.#pending.push({ kind: "delete", key, modRevision });
    }
    return removed;
  }

  /** Makes what was written since the last commit one revision; undefined when nothing was. */
  commit(): Commit | undefined {
    if (this.#pending.length === 0) return undefined;
    this.#revision += 1;
    const commit: Commit = { revision: this.#revision, events: this.#pending };
    this.#pending = [];
    this.#commits.push(commit);
    return commit;
  }

  /** @throws {RevisionCompactedError} when the past since `from` is no longer kept. */
  since(from: Revision): readonly Commit[] {
    this.refuseCompacted(from);
    return this.#commits.filter((commit) => commit.revision >= from);
  }

  /** Forgets everything before `revision`; what is current stays. */
  compact(revision: Revision): void {
    if (revision <= this.#compacted || revision > this.#revision) {
      throw new Error(
        `cannot compact at ${revision}: not in (${this.#compacted}, ${this.#revision}]`,
      );
    }
    this.#compacted = revision;
    this.#commits = this.#commits.filter((commit) => commit.revision >= revision);
    for (const [key, versions] of this.#versions) this.#forget(key, versions);
    this.#keys = this.#keys.filter((key) => this.#versions.has(key));
  }

  /** @throws {RevisionCompactedError} */
  refuseCompacted(revision: Revision | undefined): void {
    if (revision === undefined || revision >= this.#compacted) return;
    throw new RevisionCompactedError(
      `revision ${revision} was compacted: the oldest is ${this.#compacted}`,
    );
  }

  #forget(key: string, versions: Version[]): void {
    const current = versions.findLastIndex((version) => version.revision <= this.#compacted);
    const kept = versions.slice(Math.max(0, current));
    const isGone = kept.every((version) => version.item === undefined);
    if (isGone && (kept.at(-1)?.revision ?? 0) <= this.#compacted) this.#versions.delete(key);
    else this.#versions.set(key, kept);
  }

  #write(key: string, version: Version): void {
    const versions = this.#versions.get(key);
    if (versions !== undefined) return void versions.push(version);
    this.#versions.set(key, [version]);
    this.#keys.splice(positionOf(this.#keys, key), 0, key);
  }

  *#keysIn(range: Range): Generator<string> {
    for (let at = positionOf(this.#keys, range.start); at < this.#keys.length; at += 1) {
      const key = this.#keys[at] ?? "";
      if (range.end === undefined ? key !== range.start : compareBytes(key, range.end) >= 0) return;
      yield key;
    }
  }
}
