import type { UnitState } from "@fleet/core";

import { decodeState, type StateOwner } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { followKey } from "./follow-key.ts";
import { orUnreadable } from "./unreadable.ts";

/** Follows what one machine says of one unit; what cannot be read counts as nothing said. */
export async function followState(
  context: RegistryContext,
  owner: StateOwner,
  onState: (state: UnitState | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const key = context.keys.state(owner.machine, owner.unit);
  await followKey(
    key,
    (item) => {
      if (item === undefined) return onState(undefined);
      const read = orUnreadable(key, { kind: "other" }, () => decodeState(key, owner, item.value));
      onState("unreadable" in read ? undefined : read.value);
    },
    context,
    signal,
  );
}
