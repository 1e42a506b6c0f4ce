import type { MachineId, UnitName, UnitState } from "@fleet/core";

import { encodeState } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { type Lease, type Operation, TXN_OPS_MAX } from "./store.ts";

/** One machine's states: nobody else writes them. In transactions as large as etcd allows. */
export class OwnStates {
  readonly #context: RegistryContext;
  readonly #id: MachineId;

  constructor(context: RegistryContext, id: MachineId) {
    this.#context = context;
    this.#id = id;
  }

  /** Writes states, or removes (`undefined`) them; what is written goes with `lease`. */
  async put(
    states: ReadonlyMap<UnitName, UnitState | undefined>,
    lease: Lease,
    signal: AbortSignal,
  ): Promise<void> {
    const operations = [...states].map(([unit, state]): Operation => {
      const key = this.#context.keys.state(this.#id, unit);
      if (state === undefined) return { kind: "delete", key };
      return { kind: "put", key, value: encodeState(state), lease: lease.id };
    });
    await this.#run(operations, signal);
  }

  /** Has everything that is there go with `lease` instead. */
  async moveTo(lease: Lease, signal: AbortSignal): Promise<void> {
    const { store, keys } = this.#context;
    const { items } = await store.range(keys.under("states", this.#id), signal);
    const operations = items.map(({ key, value }): Operation => {
      return { kind: "put", key, value, lease: lease.id };
    });
    await this.#run(operations, signal);
  }

  async #run(operations: readonly Operation[], signal: AbortSignal): Promise<void> {
    for (let from = 0; from < operations.length; from += TXN_OPS_MAX) {
      const success = operations.slice(from, from + TXN_OPS_MAX);
      await this.#context.store.txn({ compare: [], success }, signal);
    }
  }
}
