import { parse } from "ini";

/** Where to look for something in a configuration source. */
export interface Place {
  /** E.g. `/etc/fleet/fleet.conf:3`, or the name of a variable. */
  readonly place: string;
  /** From 1; beyond every line for what stands in no file. */
  readonly line: number;
}

/** One `key=value` of a configuration source. */
export interface GivenSetting extends Place {
  readonly key: string;
  readonly text: string;
}

/** What is wrong with a source, without its place. */
export interface Problem extends Place {
  readonly why: string;
}

export interface ConfigFile {
  /** A sentence for the log about where the settings come from. */
  readonly origin: string;
  readonly path: string | undefined;
  readonly given: readonly GivenSetting[];
  /** Every line that cannot be used. */
  readonly problems: readonly Problem[];
  /** Every line that can, but is hardly meant so. */
  readonly warnings: readonly Problem[];
}

/** A value that begins with a quote and has no other. */
const OPEN_QUOTE = /^(["'])(?!.*\1)/;

/**
 * Reads the text of a fleet.conf. The `ini` package reads each value; lines are taken one at a
 * time so that every problem can name its own. `#` and `;` start a comment only after white
 * space, so that a password may contain them.
 */
export function parseConfigFile(path: string, text: string): ConfigFile {
  const given: GivenSetting[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  let section: string | undefined;
  for (const { line, number } of logicalLines(text)) {
    const place: Place = { place: `${path}:${number}`, line: number };
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    if (/^\[[^\]]*\]\s*([#;].*)?$/.test(line)) {
      section = line;
      const why = `settings have no sections: a setting below ${section} would be refused`;
      warnings.push({ ...place, why });
      continue;
    }
    const at = line.indexOf("=");
    const key = line.slice(0, Math.max(at, 0)).trim();
    if (at < 0 || key === "" || /\s/.test(key))
      problems.push({ ...place, why: "not of the form key=value" });
    else if (section !== undefined)
      problems.push({ ...place, why: `${key} stands after ${section}; settings have no section` });
    else {
      const value = line.slice(at + 1).trim();
      if (OPEN_QUOTE.test(value))
        problems.push({ ...place, why: `${key}: the quote at its beginning is never closed` });
      given.push({ ...place, key: key.toLowerCase(), text: readValue(value) });
    }
  }
  return { origin: `Using config file ${path}`, path, given, problems, warnings };
}

interface LogicalLine {
  readonly line: string;
  /** Of its first physical line, from 1. */
  readonly number: number;
}

/** Joins lines that end in a backslash with the next, as fleet's reader does. */
function logicalLines(text: string): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  let open: LogicalLine | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const { line, number } = open ?? { line: "", number: index + 1 };
    const joined = line + raw.trim();
    open = joined.endsWith("\\") ? { line: joined.slice(0, -1), number } : undefined;
    if (open === undefined) lines.push({ line: joined, number });
  }
  return open === undefined ? lines : [...lines, open];
}

/** One value by the `ini` package's rules: quotes, escapes, comments after white space. */
function readValue(text: string): string {
  const quoted = /^("[^"]*"|'[^']*')(?:\s+[#;].*)?$/.exec(text)?.[1];
  const guarded = quoted ?? text.replaceAll(/(?<=\S)[#;]/g, "\\$&");
  return String(parse(`value=${guarded}`)["value"] ?? "");
}
