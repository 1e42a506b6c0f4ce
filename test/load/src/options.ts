import { parseArgs } from "node:util";

/** What a run is asked for. */
export interface LoadOptions {
  /** Machines, three of which stand for election. */
  readonly agents: number;
  readonly units: number;
  /** How long the settled cluster is looked at: one half idle, the other with single changes. */
  readonly minutes: number;
  readonly agentTtlMs: number;
}

const MS_PER_SECOND = 1_000;

const AGENTS_MIN = 20;

const DEFAULTS = { agents: "1000", units: "20000", minutes: "10", "agent-ttl": "30" } as const;

export const USAGE = `Usage: npm run load -- [--agents ${DEFAULTS.agents}] [--units ${DEFAULTS.units}] [--minutes ${DEFAULTS.minutes}] [--agent-ttl ${DEFAULTS["agent-ttl"]}]

  --agents N     machines, at least ${AGENTS_MIN}
  --units N      units that run on them
  --minutes N    how long the settled cluster is looked at
  --agent-ttl N  agent_ttl in seconds
`;

/** @throws {Error} with one line that says what is wrong. */
export function readOptions(argv: readonly string[]): LoadOptions {
  const texts = parseArgs({
    args: [...argv],
    options: {
      agents: { type: "string", default: DEFAULTS.agents },
      units: { type: "string", default: DEFAULTS.units },
      minutes: { type: "string", default: DEFAULTS.minutes },
      "agent-ttl": { type: "string", default: DEFAULTS["agent-ttl"] },
    },
  }).values;
  return {
    agents: numberIn("--agents", texts.agents, AGENTS_MIN),
    units: numberIn("--units", texts.units, 1),
    minutes: numberIn("--minutes", texts.minutes, 0),
    agentTtlMs: numberIn("--agent-ttl", texts["agent-ttl"], 2) * MS_PER_SECOND,
  };
}

function numberIn(name: string, text: string, min: number): number {
  const value = Number(text);
  const isWhole = name === "--minutes" || Number.isSafeInteger(value);
  if (/^\d+(\.\d+)?$/.test(text) && isWhole && value >= min) return value;
  throw new Error(`${name}: "${text}" is not a number of at least ${min}`);
}
