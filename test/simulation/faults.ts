import type { TargetState } from "@fleet/core";

import { FAIR } from "./faulty-store.ts";
import { SAMPLE_UNITS } from "./sample-units.ts";
import { unsettled } from "./settled.ts";
import { AGENT_TTL_MS, type SimulatedMachine } from "./simulated-machine.ts";
import type { Simulation } from "./simulation.ts";

/** Something that happens to a cluster; `heal` ends what lasts. */
export type Fault = (simulation: Simulation) => Promise<void>;

const isWell = (machine: SimulatedMachine): boolean =>
  machine.isUp && machine.hasDaemon && !machine.isPaused;

/** Faults during which no healthy unit may be stopped or started. */
export const HARMLESS: readonly Fault[] = [
  restartDaemon,
  shortPause,
  shortCut,
  oneWay,
  etcdAway,
  squall,
  compact,
];

/** Faults after which units may run elsewhere. */
export const HARMFUL: readonly Fault[] = [
  ...HARMLESS,
  badWeather,
  powerCut,
  longCut,
  longOneWay,
  longPause,
  deadDaemon,
  lateLeader,
  lonelyHome,
  massSilence,
  describe,
  brokenUnit,
  change,
  busyHour,
];

/** What may come between a request and its answer. */
const SUDDEN: readonly Fault[] = [...HARMLESS, powerCut, longCut, longPause, deadDaemon];

/** The daemon is killed and started again at once, as by an upgrade, a crash or `systemctl restart`. */
async function restartDaemon(simulation: Simulation): Promise<void> {
  const machine = simulation.random.pick(simulation.machines);
  if (!isWell(machine)) return;
  simulation.note(`restart ${machine.id}`);
  machine.killDaemon();
  await simulation.pass(simulation.random.between(0, 2_000));
  machine.startDaemon();
}

/** A daemon, often the one that leads, is stopped and goes on (SIGSTOP, SIGCONT); another may lead by then. */
async function shortPause(simulation: Simulation): Promise<void> {
  const machine = leaderOrAny(simulation);
  if (!isWell(machine)) return;
  simulation.note(`pause ${machine.id} for a moment`);
  machine.pauseDaemon();
  await simulation.pass(simulation.random.between(0, AGENT_TTL_MS / 2));
  simulation.note(`wake ${machine.id}`);
  machine.wakeDaemon();
  await simulation.pass(KEEP_ALIVE_MS);
}

function leaderOrAny(simulation: Simulation): SimulatedMachine {
  const { random, machines } = simulation;
  const any = random.pick(machines);
  return (random.chance(0.5) ? simulation.leader() : undefined) ?? any;
}

/** A keep-alive that failed has got through by then: two cuts in a row are two, and not a long one. */
const KEEP_ALIVE_MS = 1_000;

/** One machine does not reach etcd for less than agent_ttl. */
async function shortCut(simulation: Simulation): Promise<void> {
  const machine = simulation.random.pick(simulation.machines);
  if (!isWell(machine)) return;
  simulation.note(`cut ${machine.id} off for a moment`);
  machine.cutOff(true);
  await simulation.pass(simulation.random.between(0, AGENT_TTL_MS / 2));
  machine.cutOff(false);
  await simulation.pass(KEEP_ALIVE_MS);
}

/** For less than agent_ttl one machine is heard by etcd and hears nothing, or hears and is not heard. */
async function oneWay(simulation: Simulation): Promise<void> {
  const machine = simulation.random.pick(simulation.machines);
  if (!isWell(machine)) return;
  halfCut(simulation, machine);
  await simulation.pass(simulation.random.between(0, AGENT_TTL_MS / 2));
  machine.suffer(FAIR);
  await simulation.pass(KEEP_ALIVE_MS);
}

function halfCut(simulation: Simulation, machine: SimulatedMachine): void {
  const isDeaf = simulation.random.chance(0.5);
  simulation.note(`${machine.id} ${isDeaf ? "does not hear" : "is not heard by"} etcd`);
  machine.suffer({
    ...FAIR,
    ...(isDeaf ? { lostAnswers: 1, lostEvents: 1 } : { lostRequests: 1 }),
  });
}

/** Nobody reaches etcd, for up to ten minutes. */
async function etcdAway(simulation: Simulation): Promise<void> {
  simulation.note("etcd is away");
  for (const machine of simulation.machines) machine.cutOff(true);
  const { random } = simulation;
  await simulation.pass(random.chance(0.2) ? 600_000 : random.between(0, 4 * AGENT_TTL_MS));
  for (const machine of simulation.machines) machine.cutOff(false);
}

/** Answers and requests get lost on one machine's way to etcd, and all takes longer. */
async function badWeather(simulation: Simulation): Promise<void> {
  const { random } = simulation;
  const machine = random.pick(simulation.machines);
  simulation.note(`bad weather on ${machine.id}`);
  machine.suffer({
    latencyMsMax: random.between(5, 400),
    lostAnswers: 0.1,
    lostRequests: 0.1,
    lateRequests: 0.1,
    lostEvents: 0.1,
  });
  await simulation.pass(random.between(0, 2 * AGENT_TTL_MS));
}

/** Bad weather that is over before anything else happens: who has to announce itself in it may well be too late. */
async function squall(simulation: Simulation): Promise<void> {
  await badWeather(simulation);
  for (const machine of simulation.machines) machine.suffer(FAIR);
  await simulation.pass(KEEP_ALIVE_MS);
}

async function compact(simulation: Simulation): Promise<void> {
  simulation.compact();
}

async function powerCut(simulation: Simulation): Promise<void> {
  const machine = simulation.random.pick(simulation.machines);
  simulation.note(`${machine.isUp ? "power off" : "power on"} ${machine.id}`);
  if (machine.isUp) machine.powerOff();
  else machine.powerOn();
}

async function longCut(simulation: Simulation): Promise<void> {
  const machine = simulation.random.pick(simulation.machines);
  const isCutOff = simulation.random.chance(0.5);
  simulation.note(`${machine.id} ${isCutOff ? "is cut off" : "is no longer cut off"}`);
  machine.cutOff(isCutOff);
}

async function longOneWay(simulation: Simulation): Promise<void> {
  halfCut(simulation, simulation.random.pick(simulation.machines));
}

/** A daemon is stopped until its machine counts as lost, and goes on later, or not before the end. */
async function longPause(simulation: Simulation): Promise<void> {
  const machine = leaderOrAny(simulation);
  simulation.note(`${machine.isPaused ? "wake" : "pause"} ${machine.id}`);
  if (machine.isPaused) machine.wakeDaemon();
  else machine.pauseDaemon();
}

async function deadDaemon(simulation: Simulation): Promise<void> {
  const machine = simulation.random.pick(simulation.machines);
  if (!machine.isUp) return;
  simulation.note(`${machine.hasDaemon ? "kill" : "start"} the daemon of ${machine.id}`);
  if (machine.hasDaemon) machine.killDaemon();
  else machine.startDaemon();
}

/** What the leader writes last is stuck in the network; its machine dies, and others have led for long when it arrives. */
async function lateLeader(simulation: Simulation): Promise<void> {
  const leader = simulation.leader();
  if (leader === undefined || !isWell(leader)) return;
  simulation.note(`the last writes of ${leader.id} come late`);
  leader.suffer({ ...FAIR, lateRequests: 1 });
  for (let changes = 0; changes < 3; changes += 1) await change(simulation);
  await simulation.pass(100);
  leader.powerOff();
  leader.suffer(FAIR);
  await simulation.pass(2 * AGENT_TTL_MS);
}

/** Where a unit runs of which two must never do is cut off for long; its daemon may be restarted meanwhile. */
async function lonelyHome(simulation: Simulation): Promise<void> {
  const { random, history, machines } = simulation;
  const { name } = random.pick(SAMPLE_UNITS.filter(({ once }) => once));
  const home = machines.find(({ id }) => history.placesOf(name).has(id));
  if (home === undefined || !isWell(home)) return;
  simulation.note(`${home.id}, which has ${name}, is cut off`);
  home.cutOff(true);
  await simulation.pass(random.between(0, AGENT_TTL_MS));
  if (random.chance(0.5)) {
    simulation.note(`restart ${home.id}`);
    home.killDaemon();
    home.startDaemon();
  }
  await simulation.pass(2 * AGENT_TTL_MS);
  home.cutOff(false);
}

/** Machines that fall silent within so long are found to be lost together before any unit moves. */
const TOGETHER_MS = AGENT_TTL_MS / 10;

/** Most machines of a cluster that is well fall silent together, and return: meanwhile no unit leaves them. */
async function massSilence(simulation: Simulation): Promise<void> {
  const { machines, random } = simulation;
  if (!machines.every((machine) => isWell(machine) && !machine.isCutOff)) return;
  for (const machine of machines) machine.suffer(FAIR);
  await simulation.pass(AGENT_TTL_MS);
  if (unsettled(simulation).length > 0) return;
  const silent = random.shuffled(machines).slice(0, Math.floor(machines.length / 2) + 1);
  // Who leads only afterwards knows of those that have units.
  if (silent.some(({ id }) => simulation.history.listOf(id).size === 0)) return;
  simulation.note(`${silent.map(({ id }) => id).join(" and ")} fall silent`);
  const { wishedAtMs } = simulation;
  const before = simulation.placementsOn(silent);
  for (const machine of silent) {
    machine.cutOff(true);
    await simulation.pass(random.between(0, TOGETHER_MS / silent.length));
  }
  await simulation.pass(random.between(AGENT_TTL_MS, 3 * AGENT_TTL_MS));
  // What somebody asked for earlier may be done only now.
  const isAsBefore = simulation.placementsOn(silent) === before;
  if (!isAsBefore && simulation.wishedAtMs === wishedAtMs) {
    throw simulation.brokenPromise("units left machines that were lost together");
  }
  for (const machine of silent) machine.cutOff(false);
}

/** A person describes a machine anew: units may not suit it any more, or suit it now. */
async function describe(simulation: Simulation): Promise<void> {
  const machine = simulation.random.pick(simulation.machines);
  const disk = simulation.random.pick(["ssd", "hdd", ""]);
  simulation.begin((people) => people.describe(machine, "disk", disk));
}

/** A unit fails wherever it is started from now on, but for one machine. */
async function brokenUnit(simulation: Simulation): Promise<void> {
  const { machines, random } = simulation;
  const name = random.pick(["ssd.service", "plain-3.service"]);
  const well = random.pick(machines);
  simulation.note(`${name} fails to start but on ${well.id}`);
  for (const machine of machines) machine.makeFail(name, machine !== well);
}

/** A person changes their mind. */
export async function change(simulation: Simulation): Promise<void> {
  const { random } = simulation;
  const { name } = random.pick(SAMPLE_UNITS);
  const targets: readonly TargetState[] = ["launched", "launched", "loaded", "inactive"];
  const target = random.pick(targets);
  const version = random.between(1, 3);
  const how = random.next();
  simulation.begin((people) => {
    if (how < 0.2) return people.destroy(name);
    return how < 0.4 ? people.order(name, target) : people.submit(name, target, version);
  });
}

/** Somebody says once more what is wished already. */
export async function repeat(simulation: Simulation): Promise<void> {
  const { name } = simulation.random.pick(SAMPLE_UNITS);
  const targetState = simulation.targetStateOf(name);
  if (targetState !== "inactive") simulation.begin((people) => people.order(name, targetState));
}

/** Several people change their minds at once, and something happens before they are answered. */
async function busyHour(simulation: Simulation): Promise<void> {
  const { random } = simulation;
  for (let changes = 0; changes < 3; changes += 1) await change(simulation);
  await simulation.pass(random.between(0, ANSWERED_MS));
  await random.pick(SUDDEN)(simulation);
}

/** In fair weather a request takes about so long. */
const ANSWERED_MS = 30;

/** Ends all that lasts. */
export function heal(simulation: Simulation): void {
  simulation.note("everything is well again");
  for (const machine of simulation.machines) {
    machine.cutOff(false);
    machine.suffer(FAIR);
    machine.wakeDaemon();
    for (const unit of machine.failing) machine.makeFail(unit, false);
    if (!machine.isUp) machine.powerOn();
    else if (!machine.hasDaemon) machine.startDaemon();
  }
}
