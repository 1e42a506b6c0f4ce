import type { UnitFile } from "@fleet/core";
import type { TSchema } from "typebox";

import { fromOptionsWire } from "../convert.ts";
import { UnitOptionWire, UnitRequestWire } from "../schema.ts";
import { readFirstJson } from "./json-reader.ts";
import { decodeAs, type GoType, type GoTypes } from "./wire-decoder.ts";

/** What the body of `PUT /units/{name}` says; "" and no options where it says nothing. */
export interface UnitBody {
  readonly name: string;
  readonly desiredState: string;
  readonly options: UnitFile;
}

const GO_TYPES: GoTypes = new Map<TSchema, GoType>([
  [UnitRequestWire, { type: "schema.Unit", struct: "Unit" }],
  [UnitOptionWire, { type: "schema.UnitOption", struct: "UnitOption", isPointer: true }],
]);

/** @throws {BodyError} also for `null` among the options, which made fleet 1.0.0 drop the connection. */
export function decodeUnitBody(text: string): UnitBody {
  const unit = decodeAs(UnitRequestWire, readFirstJson(text), GO_TYPES);
  const { name, desiredState, options } = unit;
  return { name, desiredState, options: fromOptionsWire(options) };
}
