import { RegistryUnavailableError } from "@fleet/core";

import { type Fence, commitFenced } from "./commit.ts";
import type { RegistryContext } from "./context.ts";
import { followKey } from "./follow-key.ts";
import type { CommitResult, EngineWrite, Leadership } from "./registry.ts";
import { giveUp } from "./give-up.ts";
import type { LeaseHolder } from "./lease-ttls.ts";
import { onAbort } from "./signals.ts";
import type { Lease } from "./store.ts";
import { Turns } from "./turns.ts";

/** A won election, for as long as its lease holds and its key is what it was. */
export class WonLeadership implements Leadership, LeaseHolder {
  readonly sinceMs: number;
  readonly #context: RegistryContext;
  #lease: Lease;
  readonly #fence: Fence;
  readonly #lost = new AbortController();
  /** Aborts when it is lost or resigned. */
  readonly #over = new AbortController();
  /** Changes of the lease go one after the other: none may leave behind what another moves to. */
  readonly #turns = new Turns();

  constructor(context: RegistryContext, lease: Lease, fence: Fence, sinceMs: number) {
    this.#context = context;
    this.#lease = lease;
    this.#fence = fence;
    this.sinceMs = sinceMs;
    void this.#guard();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async commit(writes: readonly EngineWrite[], signal: AbortSignal): Promise<CommitResult> {
    if (this.#over.signal.aborted) return { written: 0, dropped: 0, fenced: true, revision: 0 };
    const result = await commitFenced(this.#fence, writes, signal);
    if (result.fenced) this.#deposed(new Error("a write was refused: somebody else leads"));
    return result;
  }

  async resign(signal: AbortSignal): Promise<void> {
    this.#over.abort();
    await this.#lease.revoke(signal);
  }

  /** The key keeps its create revision, by which every write is fenced: nobody notices. */
  changeTtl(ttlMs: number, signal: AbortSignal): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#over.signal.aborted) return;
      const { store } = this.#context;
      const [leader] = (await store.range({ start: this.#fence.keys.leader }, signal)).items;
      const lease = await store.grantLease(ttlMs, signal);
      if (this.#over.signal.aborted) await giveUp(this.#context, lease, signal);
      else await this.#moveTo(lease, leader?.value ?? "");
    });
  }

  /** Goes on to its end once it has begun, unless the leadership is over: half of it would be a loss. */
  async #moveTo(lease: Lease, value: string): Promise<void> {
    const { keys, wonRevision } = this.#fence;
    const before = this.#lease;
    const { signal } = this.#over;
    const { signal: never } = new AbortController();
    try {
      const put = { kind: "put", key: keys.leader, value, lease: lease.id } as const;
      const compare = [{ key: keys.leader, on: "create", revision: wonRevision }] as const;
      const { succeeded } = await this.#context.store.txn({ compare, success: [put] }, signal);
      if (!succeeded) throw new RegistryUnavailableError("somebody else leads");
    } catch (error) {
      // The key may hang on the new lease already: without it, and without the old one, it goes.
      const isOver = signal.aborted;
      this.#lose(error as Error);
      for (const held of [lease, before]) await giveUp(this.#context, held, never);
      if (isOver) return;
      throw error;
    }
    this.#hold(lease);
    const done = signal.aborted ? [before, lease] : [before];
    for (const held of done) await giveUp(this.#context, held, never);
  }

  /** Watches lease and key. The fence holds without it; this is to stop early. */
  async #guard(): Promise<void> {
    this.#hold(this.#lease);
    const forget = this.#context.leaseTtls.add("leadership", this);
    await followKey(
      this.#fence.keys.leader,
      (item) => {
        if (item?.createRevision !== this.#fence.wonRevision) {
          this.#deposed(new Error("the leader's key was taken away"));
        } else if (item.lease === undefined) {
          this.#deposed(new Error("another program wrote the leader's key"));
        }
      },
      this.#context,
      this.#over.signal,
    );
    forget();
  }

  #hold(lease: Lease): void {
    this.#lease = lease;
    onAbort(lease.lost, () => {
      if (lease === this.#lease) this.#lose(lease.lost.reason as Error);
    });
  }

  /** The lease goes as well: nobody else would ever end it. */
  #deposed(reason: Error): void {
    if (this.#over.signal.aborted) return;
    this.#lose(reason);
    void giveUp(this.#context, this.#lease, new AbortController().signal);
  }

  #lose(reason: Error): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#lost.abort(reason);
  }
}
