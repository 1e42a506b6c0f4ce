import * as fc from "fast-check";
import type { ScenarioMachine, ScenarioUnit } from "./scenario.ts";
import type { WorldEvent } from "./world.ts";

const NAMES = ["a", "b", "c", "d", "e", "f", "g1", "g2"];
const MACHINES = ["1", "2", "3", "4"];

const name = fc.constantFrom(...NAMES);
const pattern = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 1, arbitrary: fc.constantFrom("g*", "[a-c]", "?", "*") },
);

function few<T>(of: fc.Arbitrary<T>, emptyOutOfTen: number): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: emptyOutOfTen, arbitrary: fc.constant<T[]>([]) },
    { weight: 10 - emptyOutOfTen, arbitrary: fc.array(of, { minLength: 1, maxLength: 2 }) },
  );
}

const state = fc.oneof(
  { weight: 6, arbitrary: fc.constant("launched" as const) },
  { weight: 1, arbitrary: fc.constant("loaded" as const) },
  { weight: 2, arbitrary: fc.constant("inactive" as const) },
);

/** An hour passes now and then: some of these times are over after one, some after two. */
const moving = fc.record(
  {
    MoveAfter: fc.constantFrom("1s", "30m", "90m"),
    OnIsolation: fc.constantFrom("keep", "stop"),
    Handover: fc.constantFrom("start-first", "stop-first"),
  },
  { requiredKeys: [] },
);

const unit: fc.Arbitrary<ScenarioUnit> = fc.record({
  name,
  state,
  global: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  machineId: fc.option(fc.constantFrom(...MACHINES), { nil: undefined, freq: 8 }),
  peers: few(name, 7),
  metadata: few(fc.constantFrom("r=a", "r=b"), 8),
  conflicts: few(pattern, 7),
  replaces: few(pattern, 7),
  moving: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: moving }),
  version: fc.constant(0),
  places: fc.constant([]),
});

const machine: fc.Arbitrary<ScenarioMachine> = fc.record({
  id: fc.constantFrom(...MACHINES),
  metadata: fc.constantFrom({}, { r: "a" }, { r: "b" }),
  unreadable: fc.constant(false),
});

const id = fc.constantFrom(...MACHINES);

const event: fc.Arbitrary<WorldEvent> = fc.oneof(
  { weight: 6, arbitrary: unit.map((one): WorldEvent => ({ kind: "unit", unit: one })) },
  { weight: 3, arbitrary: machine.map((one): WorldEvent => ({ kind: "machine", machine: one })) },
  { weight: 2, arbitrary: id.map((gone): WorldEvent => ({ kind: "machine-gone", id: gone })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("state" as const), name, state }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("destroy" as const), name }) },
  { weight: 1, arbitrary: fc.constant<WorldEvent>({ kind: "hour-passes" }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("entry" as const), name, id, there: fc.boolean() }),
  },
);

/** What happens to a cluster: events that arrive together, again and again. */
export const arbitraryHistory: fc.Arbitrary<readonly (readonly WorldEvent[])[]> = fc
  .tuple(
    fc.array(event, { minLength: 4, maxLength: 14 }),
    fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
  )
  .map(([first, later]) => [first, ...later]);
