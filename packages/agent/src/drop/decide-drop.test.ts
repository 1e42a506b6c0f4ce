import {
  type MachineId,
  parseUnitFile,
  parseUnitName,
  RegistryUnavailableError,
  type TargetState,
  unitHash,
} from "@fleet/core";
import type { DropRecord, DropWish, OriginUnit } from "@fleet/registry";
import { describe, expect, test } from "vitest";
import { decideDrop, isSettled } from "./decide-drop.ts";
import type { DropFile } from "./read-drop-file.ts";

const ME = "1111" as MachineId;
const OTHER = "2222" as MachineId;
const [V1, V2] = ["/bin/v1", "/bin/v2"].map((command) =>
  parseUnitFile(`[Service]\nExecStart=${command}\n`),
) as [ReturnType<typeof parseUnitFile>, ReturnType<typeof parseUnitFile>];

function fileOf(file = V1, targetState: TargetState = "launched"): DropFile {
  const unit = parseUnitName("web.service");
  return { kind: "valid", unit, file, hash: unitHash(file), targetState };
}

function wish(file = V1, targetState: TargetState = "launched"): DropWish {
  return { hash: unitHash(file), targetState };
}

function unitOf(directories: readonly MachineId[] | undefined, made = wish()): OriginUnit {
  return { ...made, ...(directories && { directories }) };
}

const INVALID: DropFile = { kind: "invalid", problem: "broken" };
const BY_API = "a unit of this name exists that no directory made";
const BY_OTHER = "a unit of this name was made from another file, by the directory of 2222";

interface Facts {
  readonly file?: DropFile;
  readonly unit?: OriginUnit;
  readonly record?: DropRecord;
}

/** In words: what happened, to the unit, and what is recorded. */
function decided({ file, unit, record }: Facts): unknown[] {
  const decision = decideDrop({ machine: ME, file, seen: { unit, record } });
  const { outcome, change } = decision;
  const what =
    change?.kind === "store"
      ? [unitHash(change.file) === unitHash(V1) ? "v1" : "v2", change.targetState]
      : [];
  const whose = change === undefined || change.kind === "destroy" ? [] : change.directories;
  const words = [outcome, change?.kind ?? "-", ...what, ...whose].join(" ");
  return [words, decision.record];
}

const cases: readonly [promise: string, facts: Facts, words: string, record?: DropRecord][] = [
  [
    "a new file makes a unit",
    { file: fileOf() },
    "submitted store v1 launched 1111",
    { submitted: wish() },
  ],
  [
    "a unit that somebody destroyed is made again when its file is looked at",
    { file: fileOf(), record: { submitted: wish() } },
    "submitted store v1 launched 1111",
    { submitted: wish() },
  ],
  [
    "a changed file replaces the unit",
    { file: fileOf(V2), unit: unitOf([ME]), record: { submitted: wish() } },
    "replaced store v2 launched 1111",
    { submitted: wish(V2) },
  ],
  [
    "a changed first line changes the state",
    { file: fileOf(V1, "loaded"), unit: unitOf([ME]), record: { submitted: wish() } },
    "replaced store v1 loaded 1111",
    { submitted: wish(V1, "loaded") },
  ],
  [
    "a unit that a person stopped stays stopped while its file stays as it is",
    {
      file: fileOf(),
      unit: unitOf([ME], wish(V1, "inactive")),
      record: { submitted: wish() },
    },
    "confirmed -",
    { submitted: wish() },
  ],
  [
    "a changed file starts a unit that a person stopped",
    {
      file: fileOf(V2),
      unit: unitOf([ME], wish(V1, "inactive")),
      record: { submitted: wish() },
    },
    "replaced store v2 launched 1111",
    { submitted: wish(V2) },
  ],
  [
    "a person's unit is not touched",
    { file: fileOf(V2), unit: unitOf(undefined) },
    "refused -",
    { problem: BY_API },
  ],
  [
    "a person's unit is not touched even when it is the same",
    { file: fileOf(), unit: unitOf(undefined) },
    "refused -",
    { problem: BY_API },
  ],
  [
    "a unit that a person took over is not the file's any more",
    { file: fileOf(), unit: unitOf(undefined, wish(V2)), record: { submitted: wish() } },
    "refused -",
    { problem: BY_API },
  ],
  [
    "the same file in another directory holds the unit, too, and changes nothing",
    { file: fileOf(), unit: unitOf([OTHER], wish(V1, "loaded")) },
    "joined hold 2222 1111",
    { submitted: wish() },
  ],
  [
    "another file in another directory is not touched",
    { file: fileOf(V2), unit: unitOf([OTHER]) },
    "refused -",
    { problem: BY_OTHER },
  ],
  [
    "of two that hold a unit the one that changes wins",
    { file: fileOf(V2), unit: unitOf([ME, OTHER]), record: { submitted: wish() } },
    "replaced store v2 launched 1111 2222",
    { submitted: wish(V2) },
  ],
  [
    "the one that did not change does not change it back",
    { file: fileOf(), unit: unitOf([ME, OTHER], wish(V2)), record: { submitted: wish() } },
    "confirmed -",
    { submitted: wish() },
  ],
  [
    "the one that follows finds its unit there, stopped by a person or not",
    {
      file: fileOf(V2),
      unit: unitOf([ME, OTHER], wish(V2, "inactive")),
      record: { submitted: wish() },
    },
    "confirmed -",
    { submitted: wish(V2) },
  ],
  [
    "an invalid file leaves the last good version",
    { file: INVALID, unit: unitOf([ME]), record: { submitted: wish() } },
    "invalid -",
    { submitted: wish(), problem: "broken" },
  ],
  [
    "a file that is mended without having changed is confirmed",
    { file: fileOf(), unit: unitOf([ME]), record: { submitted: wish(), problem: "broken" } },
    "confirmed -",
    { submitted: wish() },
  ],
  [
    "the last file that goes takes the unit along",
    { unit: unitOf([ME]), record: { submitted: wish() } },
    "destroyed destroy",
  ],
  [
    "so it does when a person stopped it",
    { unit: unitOf([ME], wish(V1, "inactive")), record: { submitted: wish() } },
    "destroyed destroy",
  ],
  [
    "an earlier one leaves it to the others",
    { unit: unitOf([ME, OTHER]), record: { submitted: wish() } },
    "left hold 2222",
  ],
  [
    "a file that goes does not touch a person's unit",
    { unit: unitOf(undefined), record: { problem: BY_API } },
    "forgotten -",
  ],
  [
    "a file that goes does not touch another directory's unit",
    { unit: unitOf([OTHER]), record: { problem: BY_OTHER } },
    "forgotten -",
  ],
  ["a file that nobody heard of goes without a trace", {}, "forgotten -"],
];

describe("what a file means for the unit of its name", () => {
  test.for(cases)("%s", ([, facts, words, record]) => {
    expect(decided(facts)).toEqual([words, record]);
  });

  test("a unit that cannot be read is left alone, and still known to be the file's", () => {
    const unit = new RegistryUnavailableError("units/web.service: not JSON");
    for (const file of [fileOf(V2), INVALID, undefined]) {
      const seen = { unit: unit as never, record: { submitted: wish() } };
      expect(decideDrop({ machine: ME, file, seen })).toEqual({
        outcome: "refused",
        record: { submitted: wish(), problem: unit.message },
      });
    }
  });

  test("all is as it should be only when nothing has to be written", () => {
    const submitted = wish();
    const asIs = { outcome: "confirmed", record: { submitted } } as const;
    expect(isSettled(asIs, { submitted })).toBe(true);
    expect(isSettled(asIs, { submitted: wish(V1, "loaded") })).toBe(false);
    expect(isSettled(asIs, { submitted, problem: "broken" })).toBe(false);
    expect(isSettled(asIs, undefined)).toBe(false);
    expect(isSettled({ outcome: "forgotten", record: undefined }, undefined)).toBe(true);
    expect(isSettled({ outcome: "forgotten", record: undefined }, {})).toBe(false);
    expect(isSettled({ ...asIs, change: { kind: "destroy" } }, { submitted })).toBe(false);
  });
});
