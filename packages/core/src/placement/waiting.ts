import { unreachable } from "../assert.ts";
import type { MachineId } from "../machine.ts";
import { explain, type Refusal } from "./refusal.ts";

/** Why a unit that is wanted runs nowhere: what the present machines said when they were last asked. */
export interface Waiting {
  /** How many machines were asked; 0 when none was present. */
  readonly machines: number;
  /** The most frequent first, at most eight. */
  readonly reasons: readonly WaitingReason[];
}

/** What several machines have against a unit. */
export interface WaitingReason {
  readonly rule: Refusal["rule"];
  /** A sentence for people, with the facts in it. */
  readonly reason: string;
  /** How many machines say so. */
  readonly count: number;
  /** The first three of them, by ID. */
  readonly machines: readonly MachineId[];
}

const REASONS_MAX = 8;
const EXAMPLES_MAX = 3;

/** Puts together what machines say for the same reason, so that the sum stays small on any cluster. */
export function summariseRefusals(refusals: ReadonlyMap<MachineId, Refusal>): Waiting {
  const groups = new Map<string, { readonly rule: Refusal["rule"]; machines: MachineId[] }>();
  for (const [machine, refusal] of refusals) {
    const reason = factsOf(refusal);
    const group = groups.get(reason);
    if (group === undefined) groups.set(reason, { rule: refusal.rule, machines: [machine] });
    else group.machines.push(machine);
  }
  const reasons = [...groups].map(([reason, { rule, machines }]) => ({
    rule,
    reason,
    count: machines.length,
    machines: machines.toSorted().slice(0, EXAMPLES_MAX),
  }));
  const byFrequency = reasons.toSorted(
    (a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1),
  );
  return { machines: refusals.size, reasons: byFrequency.slice(0, REASONS_MAX) };
}

/** Like {@link explain}, for a person who looks at the unit and not at one machine's log. */
function factsOf(refusal: Refusal): string {
  switch (refusal.rule) {
    case "machine-id":
      return `MachineID=${refusal.wanted} is another machine`;
    case "metadata": {
      const wanted = `metadata ${refusal.key}=${refusal.wanted.join(" or ")} is required`;
      return refusal.found === undefined ? wanted : `${wanted}, the machine has ${refusal.found}`;
    }
    case "peer":
      return `${refusal.missing}, which it must run beside, is not there`;
    case "conflict":
      return refusal.declaredBy === "unit"
        ? `it conflicts with ${refusal.with}`
        : `${refusal.with} conflicts with it`;
    case "replaces":
      return explain(refusal);
    default:
      return unreachable(refusal);
  }
}
