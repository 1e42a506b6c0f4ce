import { UnitNameError } from "../errors.ts";
import { quoteRune, quoteText } from "./go-quote.ts";

declare const unitName: unique symbol;

/** A valid unit name, e.g. `web@1.service`. Only `parseUnitName` makes one. */
export type UnitName = string & { readonly [unitName]: true };

const NAME_BYTES_MAX = 256;

const TYPES: ReadonlySet<string> = new Set([
  "automount",
  "busname",
  "device",
  "mount",
  "path",
  "scope",
  "service",
  "slice",
  "snapshot",
  "socket",
  "swap",
  "target",
  "timer",
]);

const TEMPLATE_TYPES: ReadonlySet<string> = new Set([
  "path",
  "service",
  "socket",
  "target",
  "timer",
]);

/** The types that a name on the command line is known by; any other gets `.service` appended. */
const COMMAND_LINE_TYPE = /\.(?:service|socket|timer|path|device|mount|automount)$/;

/**
 * Checks a unit's name by fleet's rules, in fleet's order.
 * @throws {UnitNameError} with fleet's text for the first rule that `text` breaks.
 */
export function parseUnitName(text: string): UnitName {
  if (text === "") throw new UnitNameError("unit name cannot be empty");
  if (Buffer.byteLength(text) > NAME_BYTES_MAX) {
    throw new UnitNameError(`unit name exceeds maximum length (${NAME_BYTES_MAX})`);
  }
  const dot = text.lastIndexOf(".");
  if (dot === -1) throw new UnitNameError('unit name must contain "."');
  if (dot === text.length - 1) throw new UnitNameError('unit name cannot end in "."');
  refuseType(text, text.slice(dot + 1));
  const strange = /[^0-9A-Za-z:\-_.\\@]/u.exec(text)?.[0];
  if (strange !== undefined) {
    throw new UnitNameError(`invalid character ${quoteRune(strange)} in unit name`);
  }
  if (text.startsWith("@")) throw new UnitNameError('unit name cannot start in "@"');
  return text as UnitName;
}

/**
 * The unit that a word on the command line means: itself when it ends in a type that `fleetctl`
 * knows (fewer than are valid), else with `.service` appended.
 */
export function completeUnitName(word: string): string {
  return COMMAND_LINE_TYPE.test(word) ? word : `${word}.service`;
}

function refuseType(name: string, type: string): void {
  if (!TYPES.has(type)) throw new UnitNameError(`invalid unit type: ${quoteText(type)}`);
  if (!name.includes("@") || TEMPLATE_TYPES.has(type)) return;
  throw new UnitNameError(`invalid unit type for template: ${quoteText(type)}`);
}
