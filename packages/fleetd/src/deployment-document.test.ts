import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const DOCUMENT = readFileSync(join(ROOT, "docs/deployment.md"), "utf8");

const matchesOf = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, found = ""]) => found);

test("docs/deployment.md names fleet's metrics, all of them and no others", async () => {
  const { text } = await createMetrics().page();
  const served = matchesOf(text, /^# TYPE (fleet_\w+)/gm);
  const named = matchesOf(DOCUMENT, /`(fleet_\w+)`/g);
  expect(named.toSorted()).toEqual(served.toSorted());
});

test("docs/deployment.md quotes what the sources log", () => {
  const sources = readdirSync(join(ROOT, "packages"))
    .flatMap((name) => sourcesIn(join(ROOT, "packages", name, "src")))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const [, table = ""] = DOCUMENT.split("| phrase |");
  const phrases = matchesOf(table, /^\| `(.*?)` \|/gm);
  expect(phrases.length).toBeGreaterThan(10);
  expect(phrases.filter((phrase) => !sources.includes(phrase))).toEqual([]);
});

function sourcesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => join(directory, path));
}
