/** What a unit's name is made of. */
export interface UnitNameParts {
  /** The full name: `%n`. */
  readonly name: string;
  /** The name without its type: `%N`. */
  readonly stem: string;
  /** The stem up to its first `@`: `%p`. */
  readonly prefix: string;
  /** What follows the first `@`: `%i`; "" for a plain unit and for a template. */
  readonly instance: string;
  /** The template that an instance is made from, or a template's own name. */
  readonly template: string | undefined;
  /** Without its dot, e.g. `service`. */
  readonly type: string;
  readonly kind: "plain" | "template" | "instance";
}

/** Takes a name apart without checking it; undefined when it has no dot, so is no unit's name. */
export function unitNameParts(name: string): UnitNameParts | undefined {
  const dot = name.lastIndexOf(".");
  if (dot === -1) return undefined;
  const stem = name.slice(0, dot);
  const type = name.slice(dot + 1);
  const at = stem.indexOf("@");
  if (at === -1) {
    return { name, stem, prefix: stem, instance: "", template: undefined, type, kind: "plain" };
  }
  const prefix = stem.slice(0, at);
  const instance = stem.slice(at + 1);
  const kind = instance === "" ? "template" : "instance";
  return { name, stem, prefix, instance, template: `${prefix}@.${type}`, type, kind };
}
