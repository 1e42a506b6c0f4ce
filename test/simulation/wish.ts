import type { TargetState } from "@fleet/core";

import type { Value } from "./key-history.ts";

/** What etcd holds of a unit that people want. */
export interface Wish {
  readonly hash: string;
  readonly targetState: TargetState;
}

/** Undefined: nobody wants the unit. */
export function wishIn(value: Value): Wish | undefined {
  return value === undefined ? undefined : (JSON.parse(value) as Wish);
}
