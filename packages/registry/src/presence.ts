import {
  assert,
  DuplicateMachineError,
  FleetError,
  type Machine,
  RegistryUnavailableError,
} from "@fleet/core";

import { encodeDeparture, encodeMachine } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { followKey } from "./follow-key.ts";
import { giveUp } from "./give-up.ts";
import type { LeaseHolder } from "./lease-ttls.ts";
import { OwnStates, type Standing } from "./own-states.ts";
import { isDamaged, isForeign, type Owner, refuseForeign } from "./record-owner.ts";
import type { Announcement, Presence } from "./registry.ts";
import { onAbort } from "./signals.ts";
import type { KeyValue, Lease, Operation, Revision } from "./store.ts";
import { Turns } from "./turns.ts";
import type { UnsureAnnouncement } from "./unsure-announcement.ts";

/** How often a write of our own record is tried again because the record had just changed. */
const WRITE_ATTEMPTS_MAX = 5;

/**
 * Announces a machine under a new lease, or under that of an attempt whose outcome is not known. A record
 * with our own instance token is ours from before a crash: it moves to the new lease, and the states
 * that hang on the old one end with it.
 * @throws {DuplicateMachineError} when another instance is present under this ID.
 */
export function announce(
  context: RegistryContext,
  unsure: UnsureAnnouncement,
  announcement: Announcement,
  signal: AbortSignal,
): Promise<Presence> {
  return context.leaseTtls.acquire("presence", announcement.ttlMs, async (ttlMs) => {
    const lease = await unsure.take(ttlMs, () => context.store.grantLease(ttlMs, signal));
    try {
      return await announceUnder(lease, { context, unsure }, announcement, signal);
    } catch (error) {
      // It may have been written, over our record of before: ending the lease would take that away.
      if (error instanceof DuplicateMachineError) await giveUp(context, lease, signal);
      else if (signal.aborted) lease.abandon();
      else unsure.keep(lease, ttlMs);
      throw error;
    }
  });
}

async function announceUnder(
  lease: Lease,
  { context, unsure }: { readonly context: RegistryContext; readonly unsure: UnsureAnnouncement },
  { machine, instance }: Announcement,
  signal: AbortSignal,
): Promise<Presence> {
  const owner = { id: machine.id, instance };
  const presence = new MachinePresence(context, lease, owner, unsure.recordRevision);
  try {
    await presence.update(machine, signal);
  } finally {
    unsure.recordRevision = presence.recordRevision;
  }
  void presence.guard();
  return presence;
}

/** A machine's standing for as long as its lease holds and its record is there. */
class MachinePresence implements Presence, LeaseHolder {
  readonly #context: RegistryContext;
  #lease: Lease;
  /** The lease of before, while what hangs on it moves to `#lease`. */
  #leaving: Lease | undefined;
  readonly #owner: Owner;
  readonly #states: OwnStates;
  readonly #lost = new AbortController();
  /** Aborts when it is lost or left. */
  readonly #over = new AbortController();
  /** When our record was written last; 0: not yet. */
  #revision: Revision;
  /** It is not known whether states that were to be published are written, or still will be. */
  #isUnsure = false;
  /** What the record says. */
  #machine: Machine | undefined;
  /** Writes go one after the other: none may use a lease that another is leaving. */
  readonly #turns = new Turns();

  constructor(context: RegistryContext, lease: Lease, owner: Owner, revision: Revision) {
    this.#context = context;
    this.#lease = lease;
    this.#owner = owner;
    this.#revision = revision;
    this.#states = new OwnStates(context, owner.id);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get recordRevision(): Revision {
    return this.#revision;
  }

  remainingMs(): number {
    if (this.#over.signal.aborted) return 0;
    const leavingMs = this.#leaving?.remainingMs() ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#lease.remainingMs(), leavingMs);
  }

  steadySinceMs(): number {
    return this.#lease.steadySinceMs();
  }

  update(machine: Machine, signal: AbortSignal): Promise<void> {
    return this.#turns.take(() => this.#write(machine, signal));
  }

  async #write(machine: Machine, signal: AbortSignal): Promise<void> {
    const { id, instance } = this.#owner;
    assert(machine.id === id, "a machine keeps its ID");
    const { store } = this.#context;
    const key = this.#key;
    const value = encodeMachine({ machine, instance });
    const back: Operation = { kind: "delete", key: this.#departedKey };
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt += 1) {
      const result = await store.txn(
        {
          compare: [{ key, on: "mod", revision: this.#revision }],
          success: [{ kind: "put", key, value, lease: this.#lease.id }, back],
          failure: [{ kind: "get", key }],
        },
        signal,
      );
      const [present] = result.reads[0] ?? [];
      if (present !== undefined) refuseForeign(present, this.#owner);
      this.#revision = result.succeeded ? result.revision : (present?.modRevision ?? 0);
      if (!result.succeeded) continue;
      this.#machine = machine;
      return;
    }
    throw new RegistryUnavailableError(`${key}: changed whenever it was about to be written`);
  }

  publish(states: Parameters<Presence["publish"]>[0], signal: AbortSignal): Promise<void> {
    return this.#turns.take(async () => {
      // Writing the record again refuses all that may still be on its way.
      if (this.#isUnsure && this.#machine !== undefined) await this.#write(this.#machine, signal);
      this.#isUnsure = true;
      await this.#states.put(states, this.#standing, signal);
      this.#isUnsure = false;
    });
  }

  get #standing(): Standing {
    return { lease: this.#lease, recordRevision: this.#revision };
  }

  changeTtl(ttlMs: number, signal: AbortSignal): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#over.signal.aborted) return;
      const lease = await this.#context.store.grantLease(ttlMs, signal);
      if (this.#over.signal.aborted) await giveUp(this.#context, lease, signal);
      else await this.#moveTo(lease);
    });
  }

  /** Goes on to its end once it has begun, unless the presence is lost: half of it would be a loss. */
  async #moveTo(lease: Lease): Promise<void> {
    const before = this.#lease;
    const { signal } = this.#lost;
    this.#leaving = before;
    this.#hold(lease);
    try {
      if (this.#machine !== undefined) await this.#write(this.#machine, signal);
      await this.#states.moveTo(this.#standing, signal);
    } catch (error) {
      // Part of it hangs on either lease: both run out, after it has been announced again.
      for (const part of [before, lease]) part.abandon();
      if (signal.aborted) return;
      this.#lose(error as Error);
      throw error;
    } finally {
      this.#leaving = undefined;
    }
    await giveUp(this.#context, before, signal);
  }

  async leave(signal: AbortSignal): Promise<void> {
    this.#over.abort();
    const value = encodeDeparture({ sinceMs: this.#context.clock.nowMs(), hasLeft: true });
    const departed: Operation = { kind: "put", key: this.#departedKey, value };
    await this.#turns.take(async () => {
      await this.#context.store.txn({ compare: [], success: [departed] }, signal);
      await this.#lease.revoke(signal);
    });
  }

  /** Watches lease and record until it is over: without its record a machine is gone for the others. */
  async guard(): Promise<void> {
    this.#hold(this.#lease);
    const forget = this.#context.leaseTtls.add("presence", this);
    const onItem = (item: KeyValue | undefined): void => {
      if (item === undefined) void this.#writeAgain("was removed");
      else if (isForeign(item, this.#owner)) this.#endWith(`${item.key}: another machine wrote it`);
      else if (isDamaged(item, this.#owner) && item.modRevision > this.#revision) {
        void this.#writeAgain(`was damaged: ${item.value.length} characters`);
      }
    };
    await followKey(this.#key, onItem, this.#context, this.#over.signal);
    forget();
  }

  /**
   * Writes the record again that somebody else damaged or removed. The presence ends where that fails, for the machine
   * to be announced anew.
   */
  async #writeAgain(what: string): Promise<void> {
    try {
      await this.#turns.take(async () => {
        if (this.#over.signal.aborted || this.#machine === undefined) return;
        this.#context.log.warn({ key: this.#key }, `machine's record ${what}; writing it again`);
        // Goes on to its end also while it is to leave: what is still on its way would undo that.
        await this.#write(this.#machine, this.#lost.signal);
      });
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (!(error instanceof FleetError)) throw error;
      this.#lose(error);
      this.#lease.abandon();
    }
  }

  /** What is written from now on hangs on `lease`, and with it the presence. */
  #hold(lease: Lease): void {
    this.#lease = lease;
    onAbort(lease.lost, () => {
      if (lease === this.#lease) this.#lose(lease.lost.reason as Error);
    });
  }

  get #departedKey(): string {
    return this.#context.keys.departed(this.#owner.id);
  }

  get #key(): string {
    return this.#context.keys.machine(this.#owner.id);
  }

  /** What else hangs on the lease must not outlive the record. */
  #endWith(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#lose(new RegistryUnavailableError(reason));
    void giveUp(this.#context, this.#lease, new AbortController().signal);
  }

  #lose(reason: Error): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#lost.abort(reason);
  }
}
