import {
  assert,
  DuplicateMachineError,
  FleetError,
  type Machine,
  type MachineId,
  RegistryUnavailableError,
} from "@fleet/core";

import { decodeMachine, encodeMachine, encodeState } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import type { Announcement, Presence } from "./registry.ts";
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
    return presence;
  } catch (error) {
    await giveUp(context, lease, signal);
    throw error;
  }
}

/** Ends a lease that led to nothing; where that fails it runs out by itself. */
export async function giveUp(
  { log }: RegistryContext,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  try {
    await lease.revoke(signal);
  } catch (error) {
    if (!signal.aborted && !(error instanceof FleetError)) throw error;
    log.debug({ err: error, ttlMs: lease.ttlMs }, "lease left to run out");
  }
}

interface Owner {
  readonly id: MachineId;
  readonly instance: string;
}

class MachinePresence implements Presence {
  readonly #context: RegistryContext;
  readonly #lease: Lease;
  readonly #owner: Owner;
  /** When our record was written last; 0: not yet. */
  #revision: Revision = 0;

  constructor(context: RegistryContext, lease: Lease, owner: Owner) {
    this.#context = context;
    this.#lease = lease;
    this.#owner = owner;
  }

  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  remainingMs(): number {
    return this.#lease.remainingMs();
  }

  async update(machine: Machine, signal: AbortSignal): Promise<void> {
    const { id, instance } = this.#owner;
    assert(machine.id === id, "a machine keeps its ID");
    const { store, keys } = this.#context;
    const key = keys.machine(id);
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
      if (!result.succeeded && present !== undefined) refuseForeign(present, this.#owner);
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
    await this.#lease.revoke(signal);
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
