import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { DEAD_SETTINGS, RELOADED_SETTINGS, SETTINGS, type SettingName } from "./settings.ts";

const DOCUMENT = readFileSync(
  resolve(import.meta.dirname, "../../../../docs/configuration.md"),
  "utf8",
);

/** The table's rows: setting, default, reload, meaning. */
const rows = [...DOCUMENT.matchAll(/^\| `(\w+)` \| (?:`(.*?)` )?\| (at once )?\| (.*) \|$/gm)].map(
  ([, name = "", initial = "", reload, meaning = ""]) => ({ name, initial, reload, meaning }),
);

test("docs/configuration.md has every setting once, in the order of the sources", () => {
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(SETTINGS));
});

test.for(rows)("docs/configuration.md is true of $name", ({ name, initial, reload, meaning }) => {
  const setting = SETTINGS[name as SettingName];
  const problems: string[] = [];
  const complain = (why: string): void => void problems.push(why);
  const readDefault = setting.read(initial, complain, complain);
  expect(problems).toEqual([]);
  expect(readDefault).toEqual(setting.initial);
  expect(meaning).toBe(setting.meaning);
  const atOnce: readonly string[] = RELOADED_SETTINGS;
  expect(reload !== undefined).toBe(atOnce.includes(name));
});

test("docs/configuration.md names the settings that do nothing any more", () => {
  for (const name of DEAD_SETTINGS) expect(DOCUMENT).toContain(`\`${name}\``);
});
