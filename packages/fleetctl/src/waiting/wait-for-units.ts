import { messageOf } from "@fleet/core";

import type { ApiUnitState, ApiUnit } from "../client/fleet-api.ts";
import { LookUp } from "../client/look-up.ts";
import type { Context } from "../context.ts";
import { endpointIn } from "../global-options.ts";
import { type Goal, type Sighting, WaitFailure } from "./goal.ts";
import { endOfWait, type WaitLimits } from "./limits.ts";
import { newReports } from "./reports.ts";
import { SeenSince } from "./seen-since.ts";

/** The first looks follow each other closely: most of what is waited for takes milliseconds. */
const LOOK_MS_MIN = 10;
const LOOK_MS_MAX = 250;
/** For so long may every look fail: a restart of fleetd and an election of etcd's take a few seconds. */
const OUTAGE_MS_MAX = 60_000;
const MS_PER_SECOND = 1000;
/** There is one for all units. */
const API = "";

export interface Wait {
  readonly names: readonly string[];
  readonly goal: Goal;
  readonly limits: WaitLimits;
}

/**
 * Looks at all units together until each has reached the goal. A look that fails is taken again: an
 * API that is away for less than a minute ends no wait.
 * @throws {WaitFailure} for the first unit that fails, when the time is over, or when the API stays away.
 */
export async function waitForUnits(context: Context, { names, goal, limits }: Wait): Promise<void> {
  const { clock, signal } = context;
  const look = newLook(context, goal);
  const end = endOfWait(limits, clock);
  const reports = newReports(context);
  let open: readonly string[] = [...new Set(names)];
  let delayMs = LOOK_MS_MIN;
  try {
    while (open.length > 0) {
      const looks = await look(open);
      reports.hide();
      const { reasons, news } = await judgeAll(looks, goal);
      open = [...reasons.keys()];
      const nowMs = clock.monotonicMs();
      const [first] = open;
      if (first !== undefined && nowMs >= end.atMs) {
        const reason = reasons.get(first) ?? "";
        reports.conclude(first, reason);
        throw goal.overdue(first, { limitMs: end.limitMs, reason });
      }
      reports.show(reasons, news);
      if (first === undefined) return;
      await clock.sleep(Math.min(delayMs, end.atMs - nowMs), signal);
      signal.throwIfAborted();
      delayMs = Math.min(2 * delayMs, LOOK_MS_MAX);
    }
  } finally {
    reports.hide();
  }
}

interface Judged {
  /** Those that are on their way, each with what it waits for. */
  readonly reasons: ReadonlyMap<string, string>;
  /** Those that got there, each with what became of it, where the goal says that. */
  readonly news: ReadonlyMap<string, string>;
}

async function judgeAll(looks: readonly (Sighting | Unseen)[], goal: Goal): Promise<Judged> {
  const reasons = new Map<string, string>();
  const news = new Map<string, string>();
  for (const look of looks) {
    if ("problem" in look) {
      reasons.set(look.name, look.problem);
      continue;
    }
    const verdict = await goal.judge(look);
    if (verdict.kind === "failed") throw verdict.failure;
    if (verdict.kind === "waiting") reasons.set(look.name, verdict.reason);
    else if (verdict.news !== undefined) news.set(look.name, verdict.news);
  }
  return { reasons, news };
}

interface Unseen {
  readonly name: string;
  readonly problem: string;
}

type Look = (names: readonly string[]) => Promise<readonly (Sighting | Unseen)[]>;

function newLook({ client, clock, globals, signal }: Context, goal: Goal): Look {
  const lookUp = new LookUp(client(), signal);
  const outage = new SeenSince();
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
      const problem = messageOf(error);
      if (outage.lastedMs(API, atMs) >= OUTAGE_MS_MAX) {
        const span = `${OUTAGE_MS_MAX / MS_PER_SECOND}s`;
        const where = `the fleet API at ${endpointIn(globals())}`;
        throw new WaitFailure(`${where} could not be used for ${span}: ${problem}`);
      }
      return names.map((name) => ({ name, problem }));
    }
    outage.forget(API);
    return names.map((name) => ({
      name,
      unit: units.get(name),
      states: states.get(name) ?? [],
      atMs,
    }));
  };
}
