import { describe } from "vitest";

import { describeKeys } from "./store-keys.ts";
import { describeLeases } from "./store-leases.ts";
import type { StoreUnderTest } from "./store-under-test.ts";
import { describeWatches } from "./store-watches.ts";

/** What every store must do: run for the twin beside it, for a real etcd in test/integration. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} store`, () => {
    describeKeys(open);
    describeWatches(open);
    describeLeases(open);
  });
}
