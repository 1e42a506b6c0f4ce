import { SAMPLE_UNITS, sampleUnit, type SampleUnit } from "./sample-units.ts";
import type { SimulatedMachine } from "./simulated-machine.ts";
import type { Simulation } from "./simulation.ts";

/** What is not as it was wished; nothing once the cluster has settled. Every machine is there by then. */
export function unsettled(simulation: Simulation): readonly string[] {
  return [
    ...SAMPLE_UNITS.filter(({ name }) => lacksFile(simulation, name)).map(
      ({ name }) => `${name} has no file`,
    ),
    ...simulation.machines.flatMap((machine) => wrongOn(simulation, machine)),
    ...simulation.machines.flatMap((machine) => misplacedOn(simulation, machine)),
    ...SAMPLE_UNITS.flatMap((unit) => wrongWith(simulation, unit)),
  ];
}

function lacksFile(simulation: Simulation, name: string): boolean {
  const stored = simulation.wish(name);
  return stored !== undefined && simulation.keys.now(`unit-files/${stored.hash}`) === undefined;
}

/** Where a machine does not do what its list says. */
function wrongOn(simulation: Simulation, machine: SimulatedMachine): readonly string[] {
  const { history } = simulation;
  const list = history.listOf(machine.id);
  const left = history.leaving(machine.id);
  const kept = left.filter((name) => isKept(simulation, name));
  const wrong = left
    .filter((name) => !kept.includes(name))
    .map((name) => `${name} still leaves ${machine.id}`);
  for (const { name, conflicts } of SAMPLE_UNITS) {
    const isToRun = list.get(name)?.targetState === "launched";
    // What waits for a unit to leave waits for one that is kept, too.
    const isExcused = machine.hasFailed(name) || kept.includes(name) || kept.some(conflicts);
    if (machine.runs(name) !== isToRun && !isExcused) {
      wrong.push(`${name} ${isToRun ? "does not run" : "runs"} on ${machine.id}`);
    }
  }
  return wrong;
}

/** Where a machine's list breaks a rule. */
function misplacedOn(simulation: Simulation, machine: SimulatedMachine): readonly string[] {
  const { id } = machine;
  const names = [...simulation.history.listOf(id).keys()];
  const metadata = simulation.metadataOf(machine);
  return names.map(sampleUnit).flatMap(({ name, conflicts, fits, peer }) => {
    const wrong = names.filter(conflicts).map((other) => `${name} and ${other} are on ${id}`);
    if (!fits(metadata, id)) wrong.push(`${name} does not fit ${id}`);
    if (peer !== undefined && !names.includes(peer)) wrong.push(`${name} is without ${peer}`);
    return wrong;
  });
}

/** A new copy that failed leaves the old one running, and one that waits for such a unit to leave does, too. */
function isKept(simulation: Simulation, name: string): boolean {
  if (hasFailedElsewhere(simulation, name)) return true;
  const { history } = simulation;
  return [...history.placesOf(name)].some((id) =>
    history
      .leaving(id)
      .filter(sampleUnit(name).conflicts)
      .some((other) => hasFailedElsewhere(simulation, other)),
  );
}

function hasFailedElsewhere({ history, machines }: Simulation, name: string): boolean {
  return machines.some((one) => history.placesOf(name).has(one.id) && one.hasFailed(name));
}

/** Where a unit is not on as many machines as it could be, or is where nobody wants it. */
function wrongWith(simulation: Simulation, unit: SampleUnit): readonly string[] {
  const { history, machines } = simulation;
  const { name, global } = unit;
  const places = history.placesOf(name);
  const wish = simulation.targetStateOf(name);
  if (wish === "inactive") return places.size === 0 ? [] : [`${name} is not wanted and placed`];
  const couldRun = machines.filter(
    (machine) => !places.has(machine.id) && accepts(simulation, machine, unit),
  );
  const isPlaced = global ? couldRun.length === 0 : places.size === 1;
  const wrong: string[] = [];
  if (!isPlaced && couldRun.length > 0) wrong.push(`${name} could run on ${couldRun[0]?.id}`);
  for (const id of places) {
    const entry = history.listOf(id).get(name);
    if (entry?.targetState !== wish) wrong.push(`${name} is ${entry?.targetState} on ${id}`);
  }
  return wrong;
}

function accepts(simulation: Simulation, machine: SimulatedMachine, unit: SampleUnit): boolean {
  const list = simulation.history.listOf(machine.id);
  const names = [...list.keys()];
  if (unit.peer !== undefined && !list.has(unit.peer)) return false;
  if (names.some((name) => unit.conflicts(name) || sampleUnit(name).conflicts(unit.name))) {
    return false;
  }
  return unit.fits(simulation.metadataOf(machine), machine.id);
}
