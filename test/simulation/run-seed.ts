import type { Store } from "@fleet/registry";

import { type Fault, HARMFUL, HARMLESS, heal } from "./faults.ts";
import { SAMPLE_UNITS, sampleUnit } from "./sample-units.ts";
import { unsettled } from "./settled.ts";
import { AGENT_TTL_MS } from "./simulated-machine.ts";
import { Simulation } from "./simulation.ts";

const FAULTS_MAX = 8;
/** From an empty cluster to one that does what is wished. */
const FIRST_SETTLED_MS = 10_000;
/** From the end of the last fault. */
const SETTLED_WITHIN_MS = AGENT_TTL_MS + 10_000;

/**
 * Lives through one history; even seeds have faults during which nothing at all may be stopped or
 * started. `plant` builds in a fault that this must find. @throws {BrokenPromise}
 */
export async function runSeed(seed: number, plant?: (store: Store) => Store): Promise<void> {
  const simulation = new Simulation(seed, plant);
  try {
    const { random } = simulation;
    for (const { name } of SAMPLE_UNITS) {
      await simulation.submit(name, random.chance(0.9) ? "launched" : "loaded", 1);
    }
    await simulation.pass(FIRST_SETTLED_MS);
    requireSettled(simulation);
    const isHarmless = seed % 2 === 0;
    const journals = journalsOf(simulation);
    await sufferFrom(simulation, isHarmless ? HARMLESS : HARMFUL);
    heal(simulation);
    await simulation.pass(SETTLED_WITHIN_MS);
    requireSettled(simulation);
    if (isHarmless && journalsOf(simulation) !== journals) {
      throw simulation.brokenPromise("a healthy unit was stopped or started");
    }
  } finally {
    await simulation.end();
  }
}

async function sufferFrom(simulation: Simulation, faults: readonly Fault[]): Promise<void> {
  const { random } = simulation;
  for (let left = random.between(1, FAULTS_MAX); left > 0; left -= 1) {
    await random.pick(faults)(simulation);
    await simulation.pass(random.between(0, AGENT_TTL_MS * 1.5));
  }
}

function requireSettled(simulation: Simulation): void {
  const [first] = unsettled(simulation);
  if (first !== undefined) throw simulation.brokenPromise(`it does not settle: ${first}`);
}

/** All that was started and stopped, but for units that ask to be stopped. */
function journalsOf({ machines }: Simulation): string {
  const journals = machines.map(({ systemd }) =>
    systemd.journal.filter(({ unit }) => !sampleUnit(unit).once),
  );
  return JSON.stringify(journals);
}
