import { parseArgs } from "node:util";

import { RigError } from "../rig-error.ts";

/** What `npm run torture` was asked for. */
export interface TortureOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly machines: number;
}

const FLAGS = {
  minutes: { type: "string", default: "10" },
  seed: { type: "string" },
  machines: { type: "string", default: "3" },
} as const;
const MACHINES_MIN = 3;
const SEED_MAX = 2 ** 32 - 1;

/** @throws {RigError} naming the flag that cannot be read. */
export function readOptions(args: readonly string[], anySeed: () => number): TortureOptions {
  const { minutes, seed, machines } = valuesOf(args);
  const options = {
    minutes: Number(minutes),
    seed: seed === undefined ? anySeed() : Number(seed),
    machines: Number(machines),
  };
  if (!(options.minutes > 0)) throw new RigError(`--minutes: "${minutes}" is not above 0`);
  if (!isWhole(options.seed, 0, SEED_MAX)) {
    throw new RigError(`--seed: "${seed}" is not a whole number from 0 to ${SEED_MAX}`);
  }
  if (!isWhole(options.machines, MACHINES_MIN, Infinity)) {
    throw new RigError(`--machines: "${machines}" is not a whole number from ${MACHINES_MIN} on`);
  }
  return options;
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new RigError((error as Error).message, { cause: error });
  }
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
