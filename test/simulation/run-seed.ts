import { change, type Fault, HARMFUL, HARMLESS, heal, repeat } from "./faults.ts";
import { SAMPLE_UNITS, sampleUnit } from "./sample-units.ts";
import { unsettled } from "./settled.ts";
import { AGENT_TTL_MS } from "./simulated-machine.ts";
import { Simulation, type SimulationParts } from "./simulation.ts";

const FAULTS_MAX = 8;
/** From the first daemon's start to the last one's readiness. */
const STARTED_MS = 1_000;
/** From an empty cluster to one that does what is wished. */
const FIRST_SETTLED_MS = 10_000;
/** From the end of the last fault, or from the last wish. */
const SETTLED_WITHIN_MS = AGENT_TTL_MS + 10_000;
/** Whoever asks in fair weather is answered within this. */
const ANSWERED_WITHIN_MS = 500;
/** People do something so long after something begins to happen, at most. */
const LATER_MS_MAX = 10_000;

/**
 * Lives through one history; even seeds have faults during which nothing at all may be stopped or
 * started. @throws {BrokenPromise}
 */
export async function runSeed(seed: number, parts: SimulationParts): Promise<void> {
  const simulation = new Simulation(seed, parts);
  try {
    await begin(simulation);
    const isHarmless = seed % 2 === 0;
    const journals = journalsOf(simulation);
    await (isHarmless
      ? sufferFrom(simulation, HARMLESS, repeat)
      : sufferFrom(simulation, HARMFUL, change));
    heal(simulation);
    await settle(simulation);
    requireSettled(simulation);
    await requireAnswers(simulation);
    if (isHarmless && journalsOf(simulation) !== journals) {
      throw simulation.brokenPromise("a healthy unit was stopped or started");
    }
  } finally {
    await simulation.end();
  }
}

async function begin(simulation: Simulation): Promise<void> {
  const { random } = simulation;
  await simulation.pass(STARTED_MS);
  for (const { name } of SAMPLE_UNITS) {
    const target = random.chance(0.9) ? "launched" : "loaded";
    simulation.begin((people) => people.submit(name, target, 1));
  }
  await simulation.pass(FIRST_SETTLED_MS);
  const ignored = SAMPLE_UNITS.find(({ name }) => simulation.wish(name) === undefined);
  if (ignored !== undefined) throw simulation.brokenPromise(`${ignored.name} was not taken`);
  requireSettled(simulation);
}

/** What people asked for before may come late: from then on, too, it takes no longer. */
async function settle(simulation: Simulation): Promise<void> {
  const { clock } = simulation;
  let untilMs = clock.monotonicMs() + SETTLED_WITHIN_MS;
  while (clock.monotonicMs() < untilMs) {
    await simulation.pass(untilMs - clock.monotonicMs());
    untilMs = Math.max(untilMs, simulation.wishedAtMs + SETTLED_WITHIN_MS);
  }
}

/** Meanwhile people look at the cluster, and `say` something. */
async function sufferFrom(
  simulation: Simulation,
  faults: readonly Fault[],
  say: Fault,
): Promise<void> {
  const { random } = simulation;
  for (let left = random.between(1, FAULTS_MAX); left > 0; left -= 1) {
    const whom = random.pick(simulation.machines);
    simulation.later(random.between(0, LATER_MS_MAX), (people) => people.look(whom));
    if (random.chance(0.5))
      simulation.later(random.between(0, LATER_MS_MAX), () => say(simulation));
    await random.pick(faults)(simulation);
    await simulation.pass(random.between(0, AGENT_TTL_MS * 1.5));
  }
}

function requireSettled(simulation: Simulation): void {
  const [first] = unsettled(simulation);
  if (first !== undefined) throw simulation.brokenPromise(`it does not settle: ${first}`);
}

/** Every machine's API tells what is there. */
async function requireAnswers(simulation: Simulation): Promise<void> {
  const silent = new Set(simulation.machines);
  for (const machine of simulation.machines) {
    simulation.begin(async (people) => {
      if (await people.look(machine)) silent.delete(machine);
    });
  }
  await simulation.pass(ANSWERED_WITHIN_MS);
  const [first] = silent;
  if (first !== undefined) throw simulation.brokenPromise(`${first.id} does not answer`);
}

/** All that was started and stopped, but for units that ask to be stopped. */
function journalsOf({ machines }: Simulation): string {
  const journals = machines.map(({ systemd }) =>
    systemd.journal.filter(({ unit }) => !sampleUnit(unit).once),
  );
  return JSON.stringify(journals);
}
