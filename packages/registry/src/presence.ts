import {
  assert,
  DuplicateMachineError,
  type Machine,
  type MachineId,
  RegistryUnavailableError,
} from "@fleet/core";

import { decodeMachine, encodeMachine, encodeState } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { RegistryDataError } from "./errors.ts";
import { followKey } from "./follow-key.ts";
import { giveUp } from "./give-up.ts";
import type { Announcement, Presence } from "./registry.ts";
import { onAbort } from "./signals.ts";
import { type KeyValue, type Lease, type Operation, type Revision, TXN_OPS_MAX } from "./store.ts";

/** How often a write of our own record is tried again because the record had just changed. */
const WRITE_ATTEMPTS_MAX = 5;

/**
 * Announces a machine under a new lease. A record with our own instance token is ours from before a
 * crash: it moves to the new lease, and the states that hang on the old one end with it.
 * @throws {DuplicateMachineError} when another instance is present under this ID.
 */
export async function announce(
  context: RegistryContext,
  { machine, instance, ttlMs }: Announcement,
  signal: AbortSignal,
): Promise<Presence> {
  const lease = await context.store.grantLease(ttlMs, signal);
  const presence = new MachinePresence(context, lease, { id: machine.id, instance });
  try {
    await presence.update(machine, signal);
  } catch (error) {
    await giveUp(context, lease, signal);
    throw error;
  }
  void presence.guard();
  return presence;
}

interface Owner {
  readonly id: MachineId;
  readonly instance: string;
}

/** A machine's standing for as long as its lease holds and its record is there. */
class MachinePresence implements Presence {
  readonly #context: RegistryContext;
  readonly #lease: Lease;
  readonly #owner: Owner;
  readonly #lost = new AbortController();
  /** Aborts when it is lost or left. */
  readonly #over = new AbortController();
  /** When our record was written last; 0: not yet. */
  #revision: Revision = 0;
  #isWon = false;

  constructor(context: RegistryContext, lease: Lease, owner: Owner) {
    this.#context = context;
    this.#lease = lease;
    this.#owner = owner;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  remainingMs(): number {
    return this.#over.signal.aborted ? 0 : this.#lease.remainingMs();
  }

  async update(machine: Machine, signal: AbortSignal): Promise<void> {
    const { id, instance } = this.#owner;
    assert(machine.id === id, "a machine keeps its ID");
    const { store } = this.#context;
    const key = this.#key;
    const value = encodeMachine({ machine, instance });
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS_MAX; attempt += 1) {
      const result = await store.txn(
        {
          compare: [{ key, on: "mod", revision: this.#revision }],
          success: [{ kind: "put", key, value, lease: this.#lease.id }],
          failure: [{ kind: "get", key }],
        },
        signal,
      );
      const [present] = result.reads[0] ?? [];
      if (!result.succeeded && present === undefined && this.#isWon) throw this.#removed();
      if (present !== undefined) refuseForeign(present, this.#owner);
      this.#revision = result.succeeded ? result.revision : (present?.modRevision ?? 0);
      if (result.succeeded) return;
    }
    throw new RegistryUnavailableError(`${key}: changed whenever it was about to be written`);
  }

  async publish(states: Parameters<Presence["publish"]>[0], signal: AbortSignal): Promise<void> {
    const { store, keys } = this.#context;
    const operations = [...states].map(([unit, state]): Operation => {
      const key = keys.state(this.#owner.id, unit);
      if (state === undefined) return { kind: "delete", key };
      return { kind: "put", key, value: encodeState(state), lease: this.#lease.id };
    });
    for (let from = 0; from < operations.length; from += TXN_OPS_MAX) {
      const success = operations.slice(from, from + TXN_OPS_MAX);
      await store.txn({ compare: [], success }, signal);
    }
  }

  async leave(signal: AbortSignal): Promise<void> {
    this.#over.abort();
    await this.#lease.revoke(signal);
  }

  /** Watches lease and record until it is over: without its record a machine is gone for the others. */
  async guard(): Promise<void> {
    this.#isWon = true;
    const { lost } = this.#lease;
    const release = onAbort(lost, () => this.#lose(lost.reason as Error));
    const onItem = (item: KeyValue | undefined): void => {
      if (item === undefined) this.#removed();
      else if (isForeign(item, this.#owner)) this.#endWith(`${item.key}: another machine wrote it`);
    };
    await followKey(this.#key, onItem, this.#context, this.#over.signal);
    release();
  }

  get #key(): string {
    return this.#context.keys.machine(this.#owner.id);
  }

  #removed(): RegistryUnavailableError {
    return this.#endWith(`${this.#key}: somebody removed it`);
  }

  /** What else hangs on the lease must not outlive the record. */
  #endWith(reason: string): RegistryUnavailableError {
    const error = new RegistryUnavailableError(reason);
    if (this.#over.signal.aborted) return error;
    this.#lose(error);
    void giveUp(this.#context, this.#lease, new AbortController().signal);
    return error;
  }

  #lose(reason: Error): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#lost.abort(reason);
  }
}

/** @throws {DuplicateMachineError} unless the record is one that this instance wrote. */
function refuseForeign(present: KeyValue, { id, instance }: Owner): void {
  const other = decodeMachine(present.key, id, present.value);
  if (other.instance === instance) return;
  const { hostname, publicIp } = other.machine;
  throw new DuplicateMachineError(
    `machine ID ${id} is in use by ${hostname || "a machine without a hostname"} ` +
      `(${publicIp || "no address"}): give one of the two another /etc/machine-id`,
  );
}

/** Nobody can be made out from a record that cannot be read: it counts as ours. */
function isForeign(present: KeyValue, { id, instance }: Owner): boolean {
  try {
    return decodeMachine(present.key, id, present.value).instance !== instance;
  } catch (error) {
    if (!(error instanceof RegistryDataError)) throw error;
    return false;
  }
}
