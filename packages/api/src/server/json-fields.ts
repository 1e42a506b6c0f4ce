import { BodyError, type Json, type JsonObject } from "./json-reader.ts";

/** What kind of value this is, in the words of Go's decoder. */
export function kindOf(value: Json): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

/** @throws {BodyError} unless `value` is an object; `null` is one without members. */
export function asObject(value: Json, into: string): JsonObject {
  if (value === null) return { members: [] };
  if (typeof value === "object" && !isList(value)) return value;
  throw mismatch(value, into);
}

/** @throws {BodyError} unless `value` is a list; `null` is an empty one. */
export function asList(value: Json, into: string): readonly Json[] {
  if (value === null) return [];
  if (typeof value === "object" && isList(value)) return value;
  throw mismatch(value, into);
}

/** @throws {BodyError} unless `value` is text; `null` leaves what was there `before`. */
export function asText(value: Json, into: string, before: string): string {
  if (value === null) return before;
  if (typeof value === "string") return value;
  throw mismatch(value, into);
}

/** `into` is a Go type or a field with its type, as Go's decoder names what it decodes into. */
export function mismatch(value: Json, into: string): BodyError {
  return new BodyError(`json: cannot unmarshal ${kindOf(value)} into Go ${into}`);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
