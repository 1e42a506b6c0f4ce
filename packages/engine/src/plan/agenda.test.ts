import * as fc from "fast-check";
import type { MachineId, UnitName } from "@fleet/core";
import { expect, test } from "vitest";
import { Agenda } from "./agenda.ts";

const name = (text: string): UnitName => text as UnitName;

test("units come by rank, then by name, each once", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(..."abcdefghij".split(""))), (added) => {
      const rankOf = (unit: UnitName): number => unit.charCodeAt(0) % 3;
      const agenda = new Agenda(rankOf);
      for (const unit of added) agenda.add(name(unit), "anywhere");
      const taken: string[] = [];
      for (let next = agenda.next(); next !== undefined; next = agenda.next())
        taken.push(next.name);
      const expected = [...new Set(added)].toSorted(
        (a, b) => rankOf(name(a)) - rankOf(name(b)) || (a < b ? -1 : 1),
      );
      expect(taken).toEqual(expected);
    }),
  );
});

test("machines added for a unit are united, and anywhere takes them all in", () => {
  const agenda = new Agenda();
  agenda.add(name("a"), "1" as MachineId);
  agenda.add(name("a"), "2" as MachineId);
  agenda.add(name("b"), "1" as MachineId);
  agenda.add(name("b"), "anywhere");
  agenda.add(name("b"), "2" as MachineId);
  expect([agenda.next(), agenda.next(), agenda.next()]).toEqual([
    { name: "a", scope: new Set(["1", "2"]) },
    { name: "b", scope: "anywhere" },
    undefined,
  ]);
});

test("a unit that was taken can be added again", () => {
  const agenda = new Agenda();
  agenda.add(name("a"), "anywhere");
  agenda.next();
  agenda.add(name("a"), "1" as MachineId);
  expect(agenda.next()).toEqual({ name: "a", scope: new Set(["1"]) });
});
