import type { Option } from "commander";

import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { booleanFlag, stringFlag } from "../flags/flag.ts";
import { renderTable } from "../table.ts";

/** What the flags of a listing say, as commander names them. */
export interface ListingOptions {
  readonly full: boolean;
  /** False after `--no-legend`. */
  readonly legend: boolean;
  readonly fields: string;
}

/** A listing's fields by name: each makes a cell of an entry. */
export type Cells<Entry> = Readonly<
  Record<string, (entry: Entry, full: boolean) => string | Promise<string>>
>;

/** `--full`, `--no-legend` and `--fields`, the latter with every name that there is. */
export function listingFlags(fields: readonly string[], defaults: string): readonly Option[] {
  return [
    stringFlag("fields", `Columns to print, of ${fields.join(",")}`, defaults),
    booleanFlag("full", "Do not ellipsize fields on output"),
    booleanFlag("no-legend", "Do not print a legend (column headers)"),
  ];
}

/** `--l`, and with it `-l`, for listings whose usage line has it. */
export function shortFullFlag(): Option {
  return booleanFlag("l", "Shorthand for --full");
}

/**
 * The fields that `--fields` asks for, in its order.
 * @throws {CommandError} with fleet's text when there is none, or one that is not known.
 */
export function chosenFields(text: string, known: readonly string[]): readonly string[] {
  if (text === "") throw new CommandError("Must define output format");
  const fields = text.split(",");
  const unknown = fields.find((field) => !known.includes(field));
  if (unknown === undefined) return fields;
  throw new CommandError(`Invalid key in output format: ${JSON.stringify(unknown)}`);
}

export interface Listing<Entry> {
  readonly entries: readonly Entry[];
  readonly fields: readonly string[];
  readonly cells: Cells<Entry>;
  readonly options: ListingOptions;
}

/** Prints a row for each entry, under the names of the fields unless the legend is off. */
export async function printListing<Entry>(
  context: Pick<Context, "stdout">,
  { entries, fields, cells, options }: Listing<Entry>,
): Promise<void> {
  const rows = options.legend ? [fields.map((field) => field.toUpperCase())] : [];
  for (const entry of entries) {
    const row: string[] = [];
    for (const field of fields) row.push((await cells[field]?.(entry, options.full)) ?? "");
    rows.push(row);
  }
  context.stdout.write(renderTable(rows));
}

/** What stands for nothing. */
export function orDash(text: string): string {
  return text === "" ? "-" : text;
}
