import { type Fence, commitFenced } from "./commit.ts";
import type { RegistryContext } from "./context.ts";
import { followKey } from "./follow-key.ts";
import type { CommitResult, EngineWrite, Leadership } from "./registry.ts";
import { onAbort } from "./signals.ts";
import type { Lease } from "./store.ts";

/** A won election, for as long as its lease holds and its key is what it was. */
export class WonLeadership implements Leadership {
  readonly sinceMs: number;
  readonly #context: RegistryContext;
  readonly #lease: Lease;
  readonly #fence: Fence;
  readonly #lost = new AbortController();
  /** Aborts when it is lost or resigned. */
  readonly #over = new AbortController();

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
    if (this.#over.signal.aborted) return { written: 0, fenced: true, revision: 0 };
    const result = await commitFenced(this.#fence, writes, signal);
    if (result.fenced) this.#lose(new Error("a write was refused: somebody else leads"));
    return result;
  }

  async resign(signal: AbortSignal): Promise<void> {
    this.#over.abort();
    await this.#lease.revoke(signal);
  }

  /** Watches lease and key. The fence holds without it; this is to stop early. */
  async #guard(): Promise<void> {
    const { lost } = this.#lease;
    const release = onAbort(lost, () => this.#lose(lost.reason as Error));
    await followKey(
      this.#fence.keys.leader,
      (item) => {
        if (item?.createRevision === this.#fence.wonRevision) return;
        this.#lose(new Error("the leader's key was taken away"));
      },
      this.#context,
      this.#over.signal,
    );
    release();
  }

  #lose(reason: Error): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#lost.abort(reason);
  }
}
