import type { Revision } from "@fleet/registry";
import type { MemoryEtcd } from "@fleet/registry/memory";

import type { KeyHistory, Value } from "./key-history.ts";

const NEVER: Revision = Number.POSITIVE_INFINITY;

/** A change that a person asked for. */
export interface AskedChange {
  /** For people. */
  readonly what: string;
  readonly key: string;
  /** Whether this is what the key is to have then. */
  readonly asksFor: (value: Value) => boolean;
  readonly from: Revision;
  /** The last revision that it may have made: none after its answer, and any when there is none. */
  to: Revision;
  /** From then on it can only arrive late, if it does. */
  failedAt: Revision;
}

/**
 * Holds the API to its answers: what it acknowledged was done, what it refused was not, and nothing is
 * changed that nobody asked for. A request without an answer may be carried out at any time, or never; one
 * that failed undoes nothing that came after.
 */
export class AskedChanges {
  readonly #etcd: MemoryEtcd;
  readonly #history: KeyHistory;
  readonly #broken: (what: string) => void;
  readonly #asked = new Map<string, AskedChange[]>();
  readonly #revisions = new Map<string, Revision[]>();

  constructor(etcd: MemoryEtcd, history: KeyHistory, broken: (what: string) => void) {
    this.#etcd = etcd;
    this.#history = history;
    this.#broken = broken;
  }

  /** To be called before the request is sent. */
  ask({ what, key, asksFor }: Pick<AskedChange, "what" | "key" | "asksFor">): AskedChange {
    const from = this.#etcd.revision;
    const asked = { what, key, asksFor, from, to: NEVER, failedAt: NEVER };
    const all = this.#asked.get(key) ?? [];
    all.push(asked);
    this.#asked.set(key, all);
    return asked;
  }

  acknowledged(asked: AskedChange): void {
    asked.to = this.#etcd.revision;
    const isDone = this.#history.during(asked.key, asked).some((value) => asked.asksFor(value));
    if (!isDone) this.#broken(`${asked.what} was acknowledged and not done`);
  }

  /** It was refused because there was nothing to change. */
  foundNothing(asked: AskedChange): void {
    const span = { from: asked.from, to: this.#etcd.revision };
    const wasMissing = this.#history.during(asked.key, span).includes(undefined);
    if (!wasMissing) this.#broken(`${asked.what} found nothing, and it was there`);
    this.refused(asked);
  }

  /** It was refused: nothing of it may be left behind. */
  refused(asked: AskedChange): void {
    const { key, from } = asked;
    asked.to = from;
    for (const revision of this.#revisions.get(key) ?? []) {
      if (revision > from) this.#requireAsker(key, revision);
    }
  }

  /** It failed: what it last wrote may still be on its way. */
  failed(asked: AskedChange): void {
    asked.failedAt = this.#etcd.revision;
  }

  /** etcd holds something else under a key that only people change. */
  changed(key: string, revision: Revision): void {
    const revisions = this.#revisions.get(key) ?? [];
    revisions.push(revision);
    this.#revisions.set(key, revisions);
    this.#requireAsker(key, revision);
  }

  #requireAsker(key: string, revision: Revision): void {
    const [before] = this.#history.during(key, { from: revision - 1, to: revision });
    const value = this.#history.during(key, { from: revision, to: revision }).at(-1);
    // What is there for the first time, or once more, knows of nothing that it could undo.
    const beforeAt = before === undefined ? 0 : this.#lastBefore(key, revision);
    const isAsked = this.#asked.get(key)?.some(({ asksFor, from, to, failedAt }) => {
      const isInTime = from < revision && revision <= to;
      return isInTime && beforeAt <= failedAt && asksFor(value);
    });
    if (isAsked !== true) this.#broken(`${key} is ${value ?? "gone"}, which nobody asked for`);
  }

  #lastBefore(key: string, revision: Revision): Revision {
    return this.#revisions.get(key)?.findLast((one) => one < revision) ?? 0;
  }
}
