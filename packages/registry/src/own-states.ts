import {
  type MachineId,
  RegistryUnavailableError,
  type UnitName,
  type UnitState,
} from "@fleet/core";

import { encodeState } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { type Lease, type Operation, type Revision, TXN_OPS_MAX } from "./store.ts";

/** Under what states are written. */
export interface Standing {
  readonly lease: Lease;
  /**
   * When the machine's own record was written last. Nothing is written when it is another by then: what is still on its way
   * from before must not undo what was written since.
   */
  readonly recordRevision: Revision;
}

/** One machine's states: nobody else writes them. In transactions as large as etcd allows. */
export class OwnStates {
  readonly #context: RegistryContext;
  readonly #id: MachineId;

  constructor(context: RegistryContext, id: MachineId) {
    this.#context = context;
    this.#id = id;
  }

  /** Writes states, or removes (`undefined`) them; what is written goes with the lease. */
  async put(
    states: ReadonlyMap<UnitName, UnitState | undefined>,
    under: Standing,
    signal: AbortSignal,
  ): Promise<void> {
    const operations = [...states].map(([unit, state]): Operation => {
      const key = this.#context.keys.state(this.#id, unit);
      if (state === undefined) return { kind: "delete", key };
      return { kind: "put", key, value: encodeState(state), lease: under.lease.id };
    });
    await this.#run(operations, under, signal);
  }

  /** Has everything that is there go with that lease instead. */
  async moveTo(under: Standing, signal: AbortSignal): Promise<void> {
    const { store, keys } = this.#context;
    const { items } = await store.range(keys.under("states", this.#id), signal);
    const operations = items.map(({ key, value }): Operation => {
      return { kind: "put", key, value, lease: under.lease.id };
    });
    await this.#run(operations, under, signal);
  }

  async #run(
    operations: readonly Operation[],
    { recordRevision: revision }: Standing,
    signal: AbortSignal,
  ): Promise<void> {
    const key = this.#context.keys.machine(this.#id);
    for (let from = 0; from < operations.length; from += TXN_OPS_MAX) {
      const success = operations.slice(from, from + TXN_OPS_MAX);
      const compare = [{ key, on: "mod", revision }] as const;
      const { succeeded } = await this.#context.store.txn({ compare, success }, signal);
      if (!succeeded) throw new RegistryUnavailableError(`${key}: changed since it was written`);
    }
  }
}
