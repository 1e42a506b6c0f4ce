import type { ApiUnitState, ApiUnit } from "../client/fleet-api.ts";
import { LookUp } from "../client/look-up.ts";
import type { Context } from "../context.ts";
import { messageOf } from "../errors.ts";
import type { Goal, Sighting } from "./goal.ts";
import { endOfWait, type WaitLimits } from "./limits.ts";
import { Reports } from "./reports.ts";

/** The first looks follow each other closely: most of what is waited for takes milliseconds. */
const LOOK_MS_MIN = 10;
const LOOK_MS_MAX = 250;

export interface Wait {
  readonly names: readonly string[];
  readonly goal: Goal;
  readonly limits: WaitLimits;
}

/**
 * Looks at all units together until each has reached the goal. A look that fails is taken again: an
 * API that is away for a while ends no wait.
 * @throws {WaitFailure} for the first unit that fails, or when the time is over.
 */
export async function waitForUnits(context: Context, { names, goal, limits }: Wait): Promise<void> {
  const { clock, signal } = context;
  const look = newLook(context, goal);
  const end = endOfWait(limits, clock);
  const reports = new Reports(context);
  let open: readonly string[] = [...new Set(names)];
  let delayMs = LOOK_MS_MIN;
  while (open.length > 0) {
    const reasons = await judgeAll(await look(open), goal);
    open = [...reasons.keys()];
    const [first] = open;
    if (first === undefined) return;
    const nowMs = clock.monotonicMs();
    if (nowMs >= end.atMs) throw goal.overdue(first, end.limitMs);
    reports.show(reasons);
    await clock.sleep(Math.min(delayMs, end.atMs - nowMs), signal);
    signal.throwIfAborted();
    delayMs = Math.min(2 * delayMs, LOOK_MS_MAX);
  }
}

/** Those that are still on their way, each with what it waits for. */
async function judgeAll(
  looks: readonly (Sighting | Unseen)[],
  goal: Goal,
): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  for (const look of looks) {
    if ("problem" in look) {
      reasons.set(look.name, look.problem);
      continue;
    }
    const verdict = await goal.judge(look);
    if (verdict.kind === "failed") throw verdict.failure;
    if (verdict.kind === "waiting") reasons.set(look.name, verdict.reason);
  }
  return reasons;
}

interface Unseen {
  readonly name: string;
  readonly problem: string;
}

type Look = (names: readonly string[]) => Promise<readonly (Sighting | Unseen)[]>;

function newLook({ client, clock, signal }: Context, goal: Goal): Look {
  const lookUp = new LookUp(client(), signal);
  return async (names) => {
    const atMs = clock.monotonicMs();
    let units: ReadonlyMap<string, ApiUnit>;
    let states: ReadonlyMap<string, readonly ApiUnitState[]>;
    try {
      // In this order: what systemd says is at least as new as how far the agent got.
      units = await lookUp.units(names);
      states = goal.needsStates ? await lookUp.states(names) : new Map();
    } catch (error) {
      signal.throwIfAborted();
      return names.map((name) => ({ name, problem: messageOf(error) }));
    }
    return names.map((name) => ({
      name,
      unit: units.get(name),
      states: states.get(name) ?? [],
      atMs,
    }));
  };
}
