import type { Static, TArray, TObject, TSchema } from "typebox";

import { BodyError, type Json } from "./json-reader.ts";

/** How Go, in whose words fleet refuses bodies, calls the type of an object. */
export interface GoType {
  readonly type: string;
  /** Whose fields an error names; those of the struct around it where this one has no name. */
  readonly struct?: string;
  /** What Go calls the field that holds it; absent: as in JSON. */
  readonly field?: string;
  /** In a list it is a pointer; none can be made of `null`. */
  readonly isPointer?: true;
}

/** By the schemas of the objects that there are in a body. */
export type GoTypes = ReadonlyMap<TSchema, GoType>;

/** What a body holds: every key of its schema, with "" for a text that is absent and [] for a list. */
type Decoded<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Decoded<Item>[]
    : { readonly [Key in keyof T]-?: Decoded<Exclude<T[Key], undefined>> };

/** Where in a body we are. */
interface Place {
  readonly keys: readonly string[];
  readonly struct: string;
}

/**
 * Reads a JSON value as fleet 1.0.0 does: keys in any case, unknown ones ignored, the last of two equal ones counts,
 * `null` says nothing. Which keys there are and of what kind is the schema's; which texts are good is asked later.
 * @throws {BodyError} where a value is of another kind.
 */
export function decodeAs<Schema extends TSchema>(
  schema: Schema,
  json: Json,
  types: GoTypes,
): Decoded<Static<Schema>> {
  const place = { keys: [], struct: "" };
  return new WireDecoder(types).decode(schema, json, place) as Decoded<Static<Schema>>;
}

class WireDecoder {
  readonly #types: GoTypes;

  constructor(types: GoTypes) {
    this.#types = types;
  }

  /** `before` is what an equal key said: a text that is null leaves it, an object adds to it. */
  decode(schema: TSchema, json: Json, place: Place, before?: unknown): unknown {
    if (isObjectSchema(schema)) return this.#object(schema, json, place, before);
    if (isArraySchema(schema)) return this.#list(schema, json, place);
    if (json === null) return before ?? "";
    if (typeof json === "string") return json;
    throw mismatch(json, place, "string");
  }

  #object(schema: TObject, json: Json, place: Place, before?: unknown): unknown {
    const goType = this.#types.get(schema);
    const properties = Object.entries(schema.properties);
    const empty = properties.map(([key, one]) => [key, this.decode(one, null, place)] as const);
    const fields = new Map(before === undefined ? empty : Object.entries(before as object));
    for (const [spelled, value] of membersOf(json, place, this.#nameOf(schema))) {
      const property = properties.find(([key]) => key.toLowerCase() === spelled.toLowerCase());
      if (property === undefined) continue;
      const [key, one] = property;
      const keys = [...place.keys, this.#types.get(one)?.field ?? key];
      const inside = { keys, struct: goType?.struct ?? place.struct };
      fields.set(key, this.decode(one, value, inside, fields.get(key)));
    }
    return Object.fromEntries(fields);
  }

  #list(schema: TArray, json: Json, place: Place): readonly unknown[] {
    if (json === null) return [];
    if (!isList(json)) throw mismatch(json, place, this.#nameOf(schema));
    const { items } = schema;
    const isPointer = this.#types.get(items)?.isPointer ?? false;
    return json.map((item) => {
      if (item === null && isPointer) throw mismatch(item, place, this.#nameOf(items));
      return this.decode(items, item, place);
    });
  }

  #nameOf(schema: TSchema): string {
    if (!isArraySchema(schema)) return this.#types.get(schema)?.type ?? "string";
    return `[]${this.#types.get(schema.items)?.isPointer ? "*" : ""}${this.#nameOf(schema.items)}`;
  }
}

/** The members of an object; `null` has none. */
function membersOf(json: Json, place: Place, type: string): readonly (readonly [string, Json])[] {
  if (json === null) return [];
  if (typeof json !== "object" || isList(json)) throw mismatch(json, place, type);
  return json.members;
}

function mismatch(json: Json, { keys, struct }: Place, type: string): BodyError {
  const into = keys.length === 0 ? "value" : `struct field ${struct}.${keys.join(".")}`;
  return new BodyError(`json: cannot unmarshal ${kindOf(json)} into Go ${into} of type ${type}`);
}

/** What kind of value this is, in the words of Go's decoder. */
function kindOf(json: Json): string {
  if (json === null) return "null";
  if (isList(json)) return "array";
  return typeof json === "boolean" ? "bool" : typeof json;
}

function isObjectSchema(schema: TSchema): schema is TObject {
  return "properties" in schema;
}

function isArraySchema(schema: TSchema): schema is TArray {
  return "items" in schema;
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
