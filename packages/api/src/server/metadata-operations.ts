import type { MachineId } from "@fleet/core";
import type { MetadataChange } from "@fleet/registry";

import { RequestError } from "./errors.ts";
import { asList, asObject, asText } from "./json-fields.ts";
import { type Json, readFirstJson } from "./json-reader.ts";

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: string;
}

const PATH = /^\/(?<machine>[^/]+)\/metadata\/(?<key>[A-Za-z0-9_.-]+)$/;

/**
 * Reads the body of `PATCH /machines` and checks all of it: either every operation is good or none
 * is carried out. Removing is setting to "", which hides the key.
 * @throws {BodyError} when it is no list of operations.
 * @throws {RequestError} with fleet's text for the first operation that is wrong.
 */
export function decodeMetadataOperations(text: string): readonly MetadataChange[] {
  const list = asList(readFirstJson(text), "value of type []api.machineMetadataOp");
  return list.map(decodeOperation).map(changeOf);
}

function decodeOperation(json: Json): Operation {
  const fields = { op: "", path: "", value: "" };
  for (const [key, value] of asObject(json, "value of type api.machineMetadataOp").members) {
    const name = key.toLowerCase();
    if (name === "op") fields.op = asText(value, field("Op", "string"), fields.op);
    if (name === "path") fields.path = asText(value, field("Path", "string"), fields.path);
    if (name === "value") fields.value = decodeValue(value, fields.value);
  }
  return fields;
}

/** The value stands in an object of its own: `{"value":{"value":"text"}}`. */
function decodeValue(json: Json, before: string): string {
  let text = before;
  const type = String.raw`struct { Value string "json:\"value\"" }`;
  for (const [key, value] of asObject(json, field("Value", type)).members) {
    if (key.toLowerCase() === "value") text = asText(value, field("Value.value", "string"), text);
  }
  return text;
}

function field(name: string, type: string): string {
  return `struct field machineMetadataOp.${name} of type ${type}`;
}

function changeOf({ op, path, value }: Operation): MetadataChange {
  if (!["add", "remove", "replace"].includes(op)) {
    throw new RequestError(400, "invalid op: expect add, remove, or replace");
  }
  const { machine = "", key = "" } = PATH.exec(path)?.groups ?? {};
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
