#!/usr/bin/env node
// npm run simulate -- --seeds N [--first SEED]: lives through N histories of a simulated cluster. A broken promise is
// printed with its seed; `--seeds 1 --first SEED` replays it exactly.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const options = {
  seeds: { type: "string", default: "2000" },
  first: { type: "string", default: "1" },
};
const { seeds, first } = readArguments();
const { status } = spawnSync(
  "npx",
  ["vitest", "run", "--project", "unit", "test/simulation", "-t", "keep every promise"],
  { stdio: "inherit", env: { ...process.env, SEEDS: seeds, FIRST_SEED: first } },
);
process.exit(status ?? 1);

function readArguments() {
  try {
    const { values } = parseArgs({ options });
    for (const [name, value] of Object.entries(values)) {
      if (!/^[1-9]\d*$/.test(String(value)))
        throw new Error(`--${name}: "${String(value)}" is not a number above 0`);
    }
    return values;
  } catch (error) {
    process.stderr.write(`simulate: ${error.message}\n`);
    process.exit(2);
  }
}
