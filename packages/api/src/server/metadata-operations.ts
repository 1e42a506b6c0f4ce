import type { MachineId } from "@fleet/core";
import type { MetadataChange } from "@fleet/registry";
import type { TSchema } from "typebox";

import { METADATA_PATH, MetadataOperationsWire, MetadataOperationWire } from "../schema.ts";
import { RequestError } from "./errors.ts";
import { readFirstJson } from "./json-reader.ts";
import { decodeAs, type GoType, type GoTypes } from "./wire-decoder.ts";

const { op: OPS, value: VALUE } = MetadataOperationWire.properties;

const GO_TYPES: GoTypes = new Map<TSchema, GoType>([
  [MetadataOperationWire, { type: "api.machineMetadataOp", struct: "machineMetadataOp" }],
  // A struct without a name, and a field without a name in JSON.
  [
    VALUE,
    { type: String.raw`struct { Value string "json:\"value\"" }`, struct: "", field: "Value" },
  ],
]);

const PATH = new RegExp(METADATA_PATH);

/**
 * Reads the body of `PATCH /machines` and checks all of it: either every operation is good or none
 * is carried out. Removing is setting to "", which hides the key.
 * @throws {BodyError} when it is no list of operations.
 * @throws {RequestError} with fleet's text for the first operation that is wrong.
 */
export function decodeMetadataOperations(text: string): readonly MetadataChange[] {
  const operations = decodeAs(MetadataOperationsWire, readFirstJson(text), GO_TYPES);
  return operations.map(({ op, path, value }) => changeOf(op, path, value.value));
}

function changeOf(op: string, path: string, value: string): MetadataChange {
  if (!OPS.enum.some((one) => one === op)) {
    throw new RequestError(400, "invalid op: expect add, remove, or replace");
  }
  const [, machine = "", key = ""] = PATH.exec(path) ?? [];
  if (isNoName(machine) || isNoName(key)) {
    throw new RequestError(400, "machine metadata path invalid");
  }
  if (op !== "remove" && value === "") {
    throw new RequestError(400, "invalid value: add and replace require a value");
  }
  return { machine: machine as MachineId, key, value: op === "remove" ? "" : value };
}

/** `.` and `..` led out of the machine's own folder in fleet 1.0.0. */
function isNoName(segment: string): boolean {
  return segment === "" || segment === "." || segment === "..";
}
