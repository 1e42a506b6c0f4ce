import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "./config.ts";
import { parseConfigFile } from "./config-file.ts";
import { SETTINGS, type SettingName } from "./settings.ts";

const SAMPLE = readFileSync(resolve(import.meta.dirname, "../../../../units/fleet.conf"), "utf8");
const NAMES = Object.keys(SETTINGS) as SettingName[];

test("units/fleet.conf has every setting once, in the order of the sources, below its meaning", () => {
  const shown = [...SAMPLE.matchAll(/^# (.*)\n#(\w+)=/gm)].map(([, meaning, name]) => [
    name,
    meaning,
  ]);
  expect(shown).toEqual(NAMES.map((name) => [name, SETTINGS[name].meaning]));
});

test("units/fleet.conf shows the defaults, and changes nothing as it stands", () => {
  const uncommented = parseConfigFile("fleet.conf", SAMPLE.replaceAll(/^#(?=\w+=)/gm, ""));
  const { config } = loadConfig(uncommented, {});
  expect(uncommented.given).toHaveLength(NAMES.length);
  for (const name of NAMES) expect([name, config[name]]).toEqual([name, SETTINGS[name].initial]);
  expect(parseConfigFile("fleet.conf", SAMPLE)).toMatchObject({
    given: [],
    problems: [],
    warnings: [],
  });
});
