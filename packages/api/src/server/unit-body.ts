import type { UnitFile, UnitOption } from "@fleet/core";

import { asList, asObject, asText, mismatch } from "./json-fields.ts";
import { type Json, readFirstJson } from "./json-reader.ts";

/** What the body of `PUT /units/{name}` says; "" and no options where it says nothing. */
export interface UnitBody {
  readonly name: string;
  readonly desiredState: string;
  readonly options: UnitFile;
}

/**
 * Reads a unit as fleet does: keys in any case, unknown ones ignored, the last of two equal ones
 * counts, `null` says nothing. `currentState` and `machineID` must be text and mean nothing.
 * @throws {BodyError} also for `null` among the options, which made fleet 1.0.0 drop the connection.
 */
export function decodeUnitBody(text: string): UnitBody {
  const fields = { name: "", desiredState: "", currentState: "", machineID: "" };
  let options: UnitFile = [];
  for (const [key, value] of asObject(readFirstJson(text), "value of type schema.Unit").members) {
    const field = keyIn(fields, key);
    if (field !== undefined) {
      fields[field] = asText(value, `struct field Unit.${field} of type string`, fields[field]);
    } else if (key.toLowerCase() === "options") {
      options = asList(value, "struct field Unit.options of type []*schema.UnitOption").map(option);
    }
  }
  return { name: fields.name, desiredState: fields.desiredState, options };
}

function option(value: Json): UnitOption {
  const into = "struct field Unit.options of type schema.UnitOption";
  if (value === null) throw mismatch(value, into);
  const fields = { section: "", name: "", value: "" };
  for (const [key, member] of asObject(value, into).members) {
    const field = keyIn(fields, key);
    if (field === undefined) continue;
    const place = `struct field UnitOption.options.${field} of type string`;
    fields[field] = asText(member, place, fields[field]);
  }
  return fields;
}

/** The key of `fields` that `key` spells, whatever its case. */
function keyIn<Fields extends object>(
  fields: Fields,
  key: string,
): (keyof Fields & string) | undefined {
  const keys = Object.keys(fields) as (keyof Fields & string)[];
  return keys.find((field) => field.toLowerCase() === key.toLowerCase());
}
