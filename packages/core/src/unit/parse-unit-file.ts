import { UnitFileError } from "../errors.ts";
import { LineReader } from "./line-reader.ts";
import type { UnitFile, UnitOption } from "./unit-file.ts";
import { decodeUtf8, wellFormed } from "./utf8.ts";
import { skipSpace, trimSpace } from "./white-space.ts";

/**
 * Reads a unit file as fleet 1.0.0 does: comments, blank lines
 * and spacing are lost, the options keep their order.
 *
 * Two readings follow systemd where fleet 1.0.0 changed what a file means: a continued line may end
 * in CRLF, and a value that ends in a backslash and blanks is not continued. The latter keeps one
 * blank after the backslash, so that it does not swallow the next option once it is written.
 *
 * @throws {UnitFileError} with fleet's text, for the first mistake in the file.
 */
export function parseUnitFile(source: string | Uint8Array): UnitFile {
  const text = typeof source === "string" ? wellFormed(source) : decodeUtf8(source);
  const lines = new LineReader(text);
  const options: UnitOption[] = [];
  let section: string | undefined;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const start = section === undefined ? skipJunk(line) : skipSpace(line, 0);
    if (start === line.length) continue;
    const first = line.charAt(start);
    if (first === "[") section = readSection(lines, line.slice(start + 1));
    else if (first === "#" || first === ";") skipComment(lines, line);
    else if (section !== undefined) options.push(readOption(lines, section, line.slice(start)));
  }
  return options;
}

/** Before the first section everything is thrown away that opens neither a section nor a comment. */
function skipJunk(line: string): number {
  const start = line.search(/[[#;]/);
  return start === -1 ? line.length : start;
}

/** The name of the section that opened just before `rest`; it may run over several lines. */
function readSection(lines: LineReader, rest: string): string {
  let opened = "";
  let line = rest;
  for (;;) {
    const end = line.indexOf("]");
    if (end !== -1) {
      refuseGarbage(line.slice(end + 1));
      return opened + line.slice(0, end);
    }
    opened += `${line}\n`;
    const next = lines.next();
    if (next === undefined) throw new UnitFileError("unable to find end of section");
    line = next;
  }
}

function refuseGarbage(afterSection: string): void {
  const garbage = trimSpace(afterSection);
  if (garbage === "") return;
  const bytes = new TextEncoder().encode(garbage).join(" ");
  // The section's name is missing in fleet's own text, too.
  throw new UnitFileError(`found garbage after section name : [${bytes}]`);
}

/** A comment that ends in a backslash takes the next line along, with at most one blank after it. */
function skipComment(lines: LineReader, first: string): void {
  let line: string | undefined = first;
  while (line !== undefined && /\\ ?$/.test(line)) line = lines.next();
}

function readOption(lines: LineReader, section: string, line: string): UnitOption {
  const equals = line.indexOf("=");
  const name = equals === -1 ? line : line.slice(0, equals);
  if (name.includes("\r") || (equals === -1 && lines.lastHadLineFeed)) {
    throw new UnitFileError("unexpected newline encountered while parsing option name");
  }
  if (equals === -1) throw new UnitFileError("EOF");
  return { section, name: trimSpace(name), value: readValue(lines, line.slice(equals + 1)) };
}

/** The value that starts with `first`: that line, and those that follow while a backslash ends it. */
function readValue(lines: LineReader, first: string): string {
  let value = "";
  let line = withoutCarriageReturn(lines, first);
  while (line.endsWith("\\") && lines.lastHadLineFeed) {
    value += line;
    const next = lines.next();
    if (next === undefined || trimSpace(next) === "") return `${trimSpace(value)}\n`;
    value += "\n";
    line = withoutCarriageReturn(lines, next);
  }
  return trimValue(value + line);
}

function withoutCarriageReturn(lines: LineReader, line: string): string {
  return lines.lastHadLineFeed && line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** Trims, but keeps a backslash that blanks follow from becoming the last character of its line. */
function trimValue(text: string): string {
  const value = trimSpace(text);
  return value.endsWith("\\") && !text.endsWith("\\") ? `${value} ` : value;
}
