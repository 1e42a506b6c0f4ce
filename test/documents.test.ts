import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Paths of the files below a directory whose names end so, in no promised order. */
function filesIn(directory: string, ending: string): readonly string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(directory, path));
}

const DOCUMENTS = [
  ...readdirSync(ROOT).filter((path) => path.endsWith(".md")),
  ...filesIn("docs", ".md"),
  "test/README.md",
  "test/rig/README.md",
];

const matchesOf = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, found = ""]) => found);

/** `units/NAME` is a key in etcd, not a file. */
const isPlaceholder = (path: string): boolean => /\/[A-Z]+$/.test(path);

test("docs/errors.md lists the error codes of the sources and no others", () => {
  const sources = readdirSync(join(ROOT, "packages")).flatMap((name) =>
    filesIn(`packages/${name}/src`, ".ts"),
  );
  const codes = sources.flatMap((path) => matchesOf(read(path), /\bcode = "(FLEET_\w+)"/g));
  const listed = matchesOf(read("docs/errors.md"), /^\| `(FLEET_\w+)`/gm);
  expect(listed).toEqual([...new Set(codes)].toSorted());
});

test("README.md leads to every document in docs", () => {
  const documents = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  const linked = matchesOf(read("README.md"), /\]\(docs\/([\w-]+\.md)/g);
  expect(documents.filter((name) => !linked.includes(name))).toEqual([]);
});

test.for(DOCUMENTS)("%s links to what is there", (path) => {
  const links = matchesOf(read(path), /\]\((?!https?:|#)([^)#]+)/g);
  const missing = links.filter((link) => !existsSync(join(ROOT, dirname(path), link)));
  expect(missing).toEqual([]);
});

test.for(DOCUMENTS)("%s names paths of the project that are there", (path) => {
  const paths = matchesOf(read(path), /`((?:packages|test|units|docs|\.ci)\/[\w./-]+)`/g);
  const missing = paths.filter((name) => !isPlaceholder(name) && !existsSync(join(ROOT, name)));
  expect(missing).toEqual([]);
});

const [, defects = ""] = read("test/README.md").split("## What fleet 1.0.0 got wrong");

test.for([...defects.matchAll(/^\| (.+) \| `(\S+)` \| (.+) \|$/gm)])(
  "a test says what becomes of a defect of fleet 1.0.0: %s",
  ([, , path = "", promise = ""]) => {
    expect(read(path).includes(promise), `${path} promises: ${promise}`).toBe(true);
  },
);
