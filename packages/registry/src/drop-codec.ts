import type { MachineId, UnitHash } from "@fleet/core";
import { Type } from "typebox";
import { Compile } from "typebox/compile";

import { encodeUnit, type UnitRecord } from "./codec.ts";
import type { DropRecord } from "./drop-registry.ts";
import { parseJson } from "./parse-json.ts";

const CreatedJson = Compile(
  Type.Object({
    createdBy: Type.Object({
      directories: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    }),
  }),
);

const RecordJson = Compile(
  Type.Object({
    submitted: Type.Optional(
      Type.Object({
        hash: Type.String({ pattern: "^[0-9a-f]{40}$" }),
        targetState: Type.Union([
          Type.Literal("inactive"),
          Type.Literal("loaded"),
          Type.Literal("launched"),
        ]),
      }),
    ),
    problem: Type.Optional(Type.String()),
  }),
);

/** The machines whose directories made a unit; undefined when none did, or when it cannot be told. */
export function decodeDirectories(text: string): readonly MachineId[] | undefined {
  const json = parseJson(text);
  if (!CreatedJson.Check(json)) return undefined;
  return json.createdBy.directories.map((id) => id as MachineId);
}

/** A unit's value that says which directories made it; what other versions added to it stays. */
export function encodeMadeUnit(
  record: UnitRecord,
  directories: readonly MachineId[],
  before = "{}",
): string {
  const createdBy = { directories: directories.toSorted() };
  return encodeUnit(record, JSON.stringify({ ...(JSON.parse(before) as object), createdBy }));
}

/** Never fails: what cannot be read says nothing. */
export function decodeDropRecord(text: string): DropRecord {
  const json = parseJson(text);
  if (!RecordJson.Check(json)) return {};
  const { submitted, problem } = json;
  return {
    ...(submitted !== undefined && {
      submitted: {
        hash: submitted.hash as UnitHash,
        targetState: submitted.targetState,
      },
    }),
    ...(problem !== undefined && { problem }),
  };
}

export function encodeDropRecord({ submitted, problem }: DropRecord): string {
  return JSON.stringify({ submitted, problem });
}
