import type { MachineId } from "@fleet/core";
import type { ClusterChange } from "@fleet/registry";
import { expect, test } from "vitest";
import { unitName } from "../testing/scenario.ts";
import { Echoes } from "./echoes.ts";

const A = unitName("a");
const M1 = "1" as MachineId;
const M2 = "2" as MachineId;

const removal = (machine: MachineId): ClusterChange => ({
  kind: "assignment",
  unit: A,
  machine,
  entry: undefined,
});

test("what is told of an entry from before it was written is an echo, and so is the write itself", () => {
  const echoes = new Echoes();
  echoes.wrote("assignment", A, M1, 7);
  expect([5, 7].map((revision) => echoes.isEcho(removal(M1), revision))).toEqual([true, true]);
});

test("what is told from later on is news, also when the echo was never told", () => {
  const echoes = new Echoes();
  echoes.wrote("assignment", A, M1, 7);
  expect([8, 6].map((revision) => echoes.isEcho(removal(M1), revision))).toEqual([false, false]);
});

test("after the echo has come everything is news", () => {
  const echoes = new Echoes();
  echoes.wrote("assignment", A, M1, 7);
  echoes.isEcho(removal(M1), 7);
  expect(echoes.isEcho(removal(M1), 8)).toBe(false);
});

test("other entries and other things are news", () => {
  const echoes = new Echoes();
  echoes.wrote("assignment", A, M1, 7);
  expect(echoes.isEcho(removal(M2), 5)).toBe(false);
  expect(echoes.isEcho({ kind: "unit", name: A, unit: undefined }, 5)).toBe(false);
});
