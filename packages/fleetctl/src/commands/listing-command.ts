import type { Command, Option } from "commander";

import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { booleanFlag, stringFlag } from "../flags/flag.ts";
import { renderTable } from "../table.ts";
import { type CommandText, newCommand } from "./new-command.ts";

/** What the flags of a listing say, as commander names them. */
interface ListingOptions {
  readonly full: boolean;
  /** False after `--no-legend`. */
  readonly legend: boolean;
  readonly fields: string;
}

/** A listing's fields by name: each makes a cell of an entry. */
export type Cells<Entry> = Readonly<
  Record<string, (entry: Entry, full: boolean) => string | Promise<string>>
>;

/** A listing: its `flags` are those besides the ones that every listing has. */
export interface Listing<Entry> extends CommandText {
  /** The names that `--fields` takes, as its help lists them. */
  readonly fields: readonly string[];
  /** What `--fields` is where it is not given. */
  readonly defaultFields: string;
  readonly cells: Cells<Entry>;
  /** What there is to print, in its order; told the fields that were chosen. */
  readonly entries: (chosen: readonly string[]) => Promise<readonly Entry[]>;
}

/** A command that prints a row for each entry. */
export function listingCommand<Entry>(
  context: Pick<Context, "stdout">,
  { usage, description, flags = [], fields, defaultFields, cells, entries }: Listing<Entry>,
): Command {
  const allFlags = [...listingFlags(fields, defaultFields), ...flags];
  return newCommand({ usage, description, flags: allFlags }).action(
    async (_words: readonly string[], options: ListingOptions) => {
      const chosen = chosenFields(options.fields, fields);
      const rows = await rowsOf(await entries(chosen), chosen, cells, options.full);
      const legend = chosen.map((field) => field.toUpperCase());
      context.stdout.write(renderTable(options.legend ? [legend, ...rows] : rows));
    },
  );
}

/** `--full`, `--no-legend` and `--fields`, the latter with every name that there is. */
function listingFlags(fields: readonly string[], defaults: string): readonly Option[] {
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
function chosenFields(text: string, known: readonly string[]): readonly string[] {
  if (text === "") throw new CommandError("Must define output format");
  const fields = text.split(",");
  const unknown = fields.find((field) => !known.includes(field));
  if (unknown === undefined) return fields;
  throw new CommandError(`Invalid key in output format: ${JSON.stringify(unknown)}`);
}

async function rowsOf<Entry>(
  entries: readonly Entry[],
  fields: readonly string[],
  cells: Cells<Entry>,
  full: boolean,
): Promise<readonly (readonly string[])[]> {
  const rows: string[][] = [];
  for (const entry of entries) {
    const row: string[] = [];
    for (const field of fields) row.push((await cells[field]?.(entry, full)) ?? "");
    rows.push(row);
  }
  return rows;
}

/** What stands for nothing. */
export function orDash(text: string): string {
  return text === "" ? "-" : text;
}
