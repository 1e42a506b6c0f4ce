import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, test } from "vitest";

import { compileGlob } from "../glob.ts";
import { FLEET_KEYS, fleetItems, unknownFleetKeys } from "./fleet-options.ts";
import { parseUnitFile } from "./parse-unit-file.ts";
import { isGlobal, requirementsOf } from "./requirements.ts";
import { parseUnitName } from "./unit-name.ts";
import { validateUnitFile } from "./validate-unit-file.ts";

// docs/unit-files.md is held to the code: its examples and tables are run.

const DOCUMENT = readFileSync(
  resolve(import.meta.dirname, "../../../../docs/unit-files.md"),
  "utf8",
);

const codeIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

/** The cells of the table with this heading, each as the code that stands in it. */
function tableOf(heading: string): readonly (readonly (readonly string[])[])[] {
  const start = DOCUMENT.indexOf(`${heading}\n`);
  if (start === -1) throw new Error(`docs/unit-files.md has no table ${heading}`);
  const lines = DOCUMENT.slice(start).split("\n").slice(2);
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(0, end).map((line) => line.split(" | ").map(codeIn));
}

/** A file of one line that stands in the document, where `⏎` is the end of a line. */
const parseLine = (line: string) => parseUnitFile(line.replaceAll("⏎", "\n"));

const examples = [...DOCUMENT.matchAll(/^```ini\n# (\S+)\n([^]*?)^```$/gm)].map(
  ([, name = "", text = ""]) => ({ name, text }),
);
const options = tableOf("| option | deprecated spellings | takes | given several times |");

test("docs/unit-files.md has the options of [X-Fleet] and no others", () => {
  const keys = options.flatMap(([option = [], deprecated = []]) => [...option, ...deprecated]);
  expect(keys.toSorted()).toEqual([...FLEET_KEYS].toSorted());
});

test.for(options.map(([option]) => option?.[0] ?? ""))(
  "docs/unit-files.md has an example of %s below its heading",
  (option) => {
    const chapter = DOCUMENT.split(/^##+ /m).find((text) => text.startsWith(`${option}\n`)) ?? "";
    expect(chapter).toMatch(new RegExp(`^\`\`\`ini\n# .*\n[^]*^${option}=.+\n[^]*^\`\`\`$`, "m"));
  },
);

test("docs/unit-files.md names the unit of every example", () => {
  expect(DOCUMENT.split("```ini").length - 1).toBe(examples.length);
});

test.for(examples)("the example $name can be submitted", ({ name, text }) => {
  const file = parseUnitFile(text);
  parseUnitName(name);
  validateUnitFile(file);
  expect(unknownFleetKeys(file)).toEqual([]);
  const all = requirementsOf(name, file);
  for (const option of file.filter(({ section }) => section === "X-Fleet")) {
    const others = file.filter((other) => other !== option);
    expect(requirementsOf(name, others), `without ${option.name}`).not.toEqual(all);
  }
  for (const pattern of [...all.conflicts, ...all.replaces]) {
    expect(compileGlob(pattern), pattern).toBeDefined();
  }
});

describe("docs/unit-files.md is true of", () => {
  test.for(tableOf("| in the file | refused with |"))(
    "the mistake %j",
    ([[line = ""] = [], [message = ""] = []]) => {
      expect(() => parseLine(line)).toThrow(message);
    },
  );

  test("the longest line", () => {
    const [, longest, message] =
      /A line has at most (\d+) bytes\*\*.* else `(.+)`/.exec(DOCUMENT) ?? [];
    const lineOf = (bytes: number): string => `[A]\nX=${"x".repeat(bytes - 2)}\n`;
    expect(parseUnitFile(lineOf(Number(longest)))).toHaveLength(1);
    expect(() => parseUnitFile(lineOf(Number(longest) + 1))).toThrow(message);
  });

  test.for(tableOf("| name | refused with |"))("the name %j", ([name, message]) => {
    expect(() => parseUnitName(name?.[0] ?? "")).toThrow(message?.[0]);
  });

  test.for(tableOf("| value | is read as |"))("the value %j", ([value, items]) => {
    const file = parseUnitFile(`[X-Fleet]\nReplaces=${value?.[0] ?? ""}\n`);
    expect(fleetItems(file, "Replaces", undefined)).toEqual(items);
  });

  test("the words for true", () => {
    const words = codeIn(/^(.*), in any case, are true/m.exec(DOCUMENT)?.[1] ?? "");
    expect(words).toHaveLength(5);
    for (const word of words.flatMap((lower) => [lower, lower.toUpperCase()])) {
      expect(isGlobal(parseUnitFile(`[X-Fleet]\nGlobal=${word}\n`)), word).toBe(true);
    }
  });

  test.for(tableOf("| value | of | refused with |"))("the value %j", ([value, option, message]) => {
    const file = parseUnitFile(`[X-Fleet]\n${option?.[0]}=${value?.[0]}\n`);
    expect(() => validateUnitFile(file)).toThrow(message?.[0]);
  });

  test("the types of units", () => {
    const list = /ends in a type: ([^.]*)\./.exec(DOCUMENT)?.[1] ?? "";
    expect(codeIn(list)).toHaveLength(13);
    for (const type of codeIn(list)) expect(parseUnitName(`web.${type}`)).toBe(`web.${type}`);
  });

  test("the option that is misspelt", () => {
    const key = /unrecognized requirement in \[X-Fleet\] section: "(\w+)"/.exec(DOCUMENT)?.[1];
    expect(unknownFleetKeys(parseUnitFile(`[X-Fleet]\n${key}=a\n`))).toEqual([key]);
  });

  test("the specifiers", () => {
    const [, name = "", list = ""] = /: in `(\S+)`, (.*)\.\n/.exec(DOCUMENT) ?? [];
    const specifiers = [...list.matchAll(/`(%\w)` is `(\S+)`/g)];
    expect(specifiers).toHaveLength(4);
    for (const [, specifier = "", meaning] of specifiers) {
      const file = parseUnitFile(`[X-Fleet]\nReplaces=${specifier}\n`);
      expect(fleetItems(file, "Replaces", name)).toEqual([meaning]);
    }
  });

  test.for(tableOf("| in one file | refused with |"))(
    "the contradiction %j",
    ([lines, message]) => {
      const file = parseLine(`[X-Fleet]⏎${lines?.[0] ?? ""}⏎`);
      expect(() => validateUnitFile(file)).toThrow(message?.[0]);
    },
  );
});

test("docs/unit-files.md has the pairs of options that are refused and no others", () => {
  const VALUES = {
    MachineID: "b0c1f2a3",
    MachineOf: "web.service",
    MachineMetadata: "disk=ssd",
    Conflicts: "db.service",
    Global: "true",
    Replaces: "batch.service",
    MoveAfter: "5m",
    OnIsolation: "stop",
    Handover: "stop-first",
  };
  const lines = Object.entries(VALUES);
  expect(lines.map(([option]) => option)).toEqual(options.map(([option]) => option?.[0]));
  const refused = lines.flatMap(([one, value], index) =>
    lines.slice(index + 1).flatMap(([other, otherValue]) => {
      const file = parseUnitFile(`[X-Fleet]\n${one}=${value}\n${other}=${otherValue}\n`);
      try {
        validateUnitFile(file);
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    }),
  );
  const listed = tableOf("| option | cannot be used with |").flatMap(([one, others]) =>
    (others ?? []).map(
      (other) => `${one?.[0]} cannot be used with ${other.replace("MachineOf", "Peers")}`,
    ),
  );
  expect(refused.toSorted()).toEqual(listed.toSorted());
});
