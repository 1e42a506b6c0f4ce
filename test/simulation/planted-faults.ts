import type { Lease, Operation, Store } from "@fleet/registry";

import { PREFIX } from "./simulated-machine.ts";

// Faults of the program's own, put between it and etcd: what the simulation is there to find.

function otherwise(store: Store, changes: Partial<Store>): Store {
  return {
    range: (...args) => store.range(...args),
    txn: (...args) => store.txn(...args),
    watch: (...args) => store.watch(...args),
    grantLease: (...args) => store.grantLease(...args),
    leaseTimes: (...args) => store.leaseTimes(...args),
    close: () => store.close(),
    ...changes,
  };
}

/** Whoever once led writes on, whoever leads by now. */
export function withoutFence(store: Store): Store {
  const leader = `${PREFIX}lease/engine-leader`;
  return otherwise(store, {
    txn: ({ compare, ...txn }, signal) => {
      const isElection = txn.success.some((operation) => operation.key === leader);
      const kept = isElection ? compare : compare.filter(({ key }) => key !== leader);
      return store.txn({ ...txn, compare: kept }, signal);
    },
  });
}

/** A list ends after its first half, and says that this was all. */
export function withHalfLists(store: Store): Store {
  return otherwise(store, {
    range: async (query, signal) => {
      const result = await store.range(query, signal);
      const items = result.items.slice(0, Math.ceil(result.items.length / 2));
      return { ...result, items };
    },
  });
}

/** A unit that moves is stopped while it is being started elsewhere. */
export function withoutHandOver(store: Store): Store {
  const isLeaving = (operation: Operation): boolean =>
    operation.kind === "put" && /"leaving":true/.test(operation.value);
  return otherwise(store, {
    txn: (txn, signal) => {
      const success = txn.success
        .filter((one) => one.kind !== "put" || !one.key.startsWith(`${PREFIX}leaving/`))
        .map((one): Operation => (isLeaving(one) ? { kind: "delete", key: one.key } : one));
      return store.txn({ ...txn, success }, signal);
    },
  });
}

/** A daemon that does not know whether it was announced takes back what may have been written. */
export function withHastyLeases(store: Store): Store {
  const never = new AbortController().signal;
  const granted = new Map<string, Lease>();
  return otherwise(store, {
    grantLease: async (ttlMs, signal) => {
      const lease = await store.grantLease(ttlMs, signal);
      granted.set(lease.id, lease);
      return lease;
    },
    txn: async (txn, signal) => {
      try {
        return await store.txn(txn, signal);
      } catch (error) {
        for (const operation of txn.success) {
          if (operation.kind !== "put" || operation.lease === undefined) continue;
          if (!operation.key.startsWith(`${PREFIX}machines/`)) continue;
          void granted
            .get(operation.lease)
            ?.revoke(never)
            .catch(() => undefined);
        }
        throw error;
      }
    },
  });
}

/** What a person asks for is acknowledged while it is on its way. */
export function withEarlyAnswers(store: Store): Store {
  const isWish = ({ key }: Operation): boolean => key.startsWith(`${PREFIX}units/`);
  return otherwise(store, {
    txn: async (txn, signal) => {
      if (!txn.success.some(isWish)) return store.txn(txn, signal);
      const { cluster, revision } = await store.range({ start: PREFIX }, signal);
      void store.txn(txn, signal).catch(() => undefined);
      return { cluster, revision, succeeded: true, reads: [], deleted: [] };
    },
  });
}

/** A page of the API ends one entry early, and says that this was all. */
export function withShortPages(store: Store): Store {
  return otherwise(store, {
    range: async (query, signal) => {
      const result = await store.range(query, signal);
      const isFull = result.items.length === query.limit;
      return isFull ? { ...result, items: result.items.slice(0, -1) } : result;
    },
  });
}

/** Whoever is asked how long leases last says that all have just been renewed. */
export function withNobodySilent(store: Store): Store {
  return otherwise(store, {
    leaseTimes: async (leases, signal) => {
      const times = await store.leaseTimes(leases, signal);
      return new Map([...times].map(([id, { ttlMs }]) => [id, { ttlMs, remainingMs: ttlMs }]));
    },
  });
}
