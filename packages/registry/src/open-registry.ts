import { type Clock, type Logger, RegistryUnavailableError } from "@fleet/core";

import type { RegistryContext } from "./context.ts";
import { dropRegistry } from "./drop-registry.ts";
import { Keys } from "./keys.ts";
import { LeaseTtls } from "./lease-ttls.ts";
import { engineRegistry } from "./leadership.ts";
import { machineRegistry } from "./machines.ts";
import { observedStore, type RegistryObserver } from "./observed-store.ts";
import type { Registry } from "./registry.ts";
import { agentRegistry } from "./schedule.ts";
import { type EtcdMemory, refusingOtherEtcd } from "./same-etcd-store.ts";
import type { Store } from "./store.ts";
import { unitRegistry } from "./units.ts";

export interface RegistryOptions {
  /** `etcd_key_prefix`, e.g. `/_coreos.com/fleet/`. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** By which another etcd is recognised over a restart; absent: only while this process lives. */
  readonly memory?: EtcdMemory;
  readonly observer?: RegistryObserver;
}

/** The registry on a store, which it owns from now on: closing it closes the store. */
export function openRegistry(store: Store, options: RegistryOptions): Registry {
  const { prefix, clock, log, observer } = options;
  const keys = new Keys(prefix);
  const watched = observer === undefined ? store : observedStore(store, observer, clock);
  const sameEtcd = refusingOtherEtcd(watched, { ...options, probeKey: keys.leader });
  const leaseTtls = new LeaseTtls();
  const closing = new AbortController();
  const closed = closing.signal;
  const context: RegistryContext = { store: sameEtcd, keys, clock, log, leaseTtls, closed };
  return {
    ...unitRegistry(context),
    ...machineRegistry(context),
    ...agentRegistry(context),
    ...engineRegistry(context),
    changeLeaseTtl: (use, ttlMs, signal) => leaseTtls.change(use, ttlMs, signal),
    ...dropRegistry(context),
    close: () => {
      closing.abort(new RegistryUnavailableError("the connection to etcd was closed"));
      return store.close();
    },
  };
}
