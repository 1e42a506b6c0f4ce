import type { Option } from "commander";

import { isBoolean, nameOf } from "../flags/flag.ts";

const INDENT = "      ";
const GAP = "   ";

/** One line for each visible flag, sorted, with their texts aligned; "" when there is none. */
export function flagLines(options: readonly Option[]): string {
  const visible = options.filter((option) => !option.hidden);
  const sorted = visible.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const terms = sorted.map(termOf);
  const width = Math.max(0, ...terms.map((term) => term.length));
  return sorted
    .map((option, index) => {
      const term = (terms[index] ?? "").padEnd(width);
      return `${INDENT}${term}${GAP}${option.description}${defaultOf(option)}\n`;
    })
    .join("");
}

/** `--name`, and for a flag that takes a value a word for its type. */
function termOf(option: Option): string {
  if (isBoolean(option)) return `--${nameOf(option)}`;
  const type = /<(?<type>.+)>/.exec(option.flags)?.groups?.["type"] ?? "string";
  return `--${nameOf(option)} ${type}`;
}

function defaultOf(option: Option): string {
  const value = option.defaultValue as string | number | boolean | undefined;
  return value ? ` (default ${JSON.stringify(value)})` : "";
}
