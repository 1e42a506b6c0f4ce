import { ConfigError } from "@fleet/core";
import { checkFiles } from "./check-files.ts";
import type { ConfigFile, GivenSetting, Place, Problem } from "./config-file.ts";
import { nearestName } from "./nearest-name.ts";
import { DEAD_SETTINGS, SETTINGS, type Config, type SettingName } from "./settings.ts";

const ENV_PREFIX = "FLEET_";
const NAMES = Object.keys(SETTINGS) as SettingName[];
const KNOWN: readonly string[] = [...NAMES, ...DEAD_SETTINGS];

/** Settings of which one is nothing without the other. */
const PAIRS = [
  ["etcd_certfile", "etcd_keyfile"],
  ["etcd_username", "etcd_password"],
] as const satisfies readonly (readonly SettingName[])[];

/** What stands in no source has no line. */
const NOWHERE: Place = { place: "default", line: Infinity };

export interface LoadedConfig {
  readonly config: Config;
  /** A sentence for the log about where the settings come from. */
  readonly origin: string;
  /** The file they were read from, if there is one. */
  readonly path: string | undefined;
  /** What can be used but is hardly meant so, or is dangerous: the file's by line, then the others. */
  readonly warnings: readonly Problem[];
}

/**
 * The environment overrides the file, which overrides the defaults. Also looks at the files that the
 * settings name.
 * @throws {ConfigError} listing every mistake of all sources: the file's by line, then the others.
 */
export function loadConfig(file: ConfigFile, env: NodeJS.ProcessEnv): LoadedConfig {
  const problems: Problem[] = [...file.problems];
  const warnings: Problem[] = [...file.warnings, ...unknownVariables(env)];
  const chosen = new Map<string, GivenSetting>();
  for (const given of [...file.given, ...fromEnvironment(env)]) {
    const { key } = given;
    if (DEAD_SETTINGS.includes(key)) {
      warnings.push({ ...given, why: `Config option ${key} is no longer supported - ignoring` });
    } else if (Object.hasOwn(SETTINGS, key)) chosen.set(key, given);
    else problems.push({ ...given, why: `unknown setting ${key}${hint(key, NAMES)}` });
  }
  const tell = (list: Problem[]) => (name: SettingName, why: string) =>
    void list.push({ ...(chosen.get(name) ?? NOWHERE), why: `${name}: ${why}` });
  const complain = tell(problems);
  const config: Record<string, unknown> = {};
  for (const name of NAMES) {
    config[name] = readSetting(name, chosen.get(name), complain, tell(warnings));
  }
  const read = config as Config;
  checkPairs(read, chosen, problems);
  checkDropDirectory(read, complain);
  checkFiles(read, complain);
  if (problems.length > 0) throw new ConfigError(inOrder(problems).map(problemText));
  if (read.etcd_insecure_skip_verify)
    tell(warnings)("etcd_insecure_skip_verify", "etcd's certificate is NOT verified");
  return { config: read, origin: file.origin, path: file.path, warnings: inOrder(warnings) };
}

/** One line: where, and what is wrong. */
export function problemText({ place, why }: Problem): string {
  return `${place}: ${why}`;
}

type Tell = (name: SettingName, why: string) => void;

function readSetting(
  name: SettingName,
  given: GivenSetting | undefined,
  complain: Tell,
  warn: Tell,
): unknown {
  const { initial, read } = SETTINGS[name];
  if (given === undefined) return initial;
  return read(
    given.text,
    (why) => complain(name, why),
    (why) => warn(name, why),
  );
}

function checkPairs(
  config: Config,
  chosen: ReadonlyMap<string, GivenSetting>,
  problems: Problem[],
): void {
  for (const [one, other] of PAIRS) {
    if ((config[one] === "") === (config[other] === "")) continue;
    const place = chosen.get(config[one] === "" ? other : one) ?? NOWHERE;
    const why = `${one} and ${other} go together: only one of them is set`;
    problems.push({ ...place, why });
  }
}

function checkDropDirectory(config: Config, complain: Tell): void {
  const [dropped, installed] = [config.unit_drop_directory, config.units_directory].map((path) =>
    path.replace(/\/+$/, ""),
  );
  if (dropped !== installed) return;
  complain("unit_drop_directory", "is units_directory: fleet would submit what it installs");
}

function fromEnvironment(env: NodeJS.ProcessEnv): readonly GivenSetting[] {
  return KNOWN.flatMap((key) => {
    const variable = variableOf(key);
    const text = env[variable];
    return text === undefined ? [] : [{ key, text, place: variable, line: Infinity }];
  });
}

/** Variables of other programs may begin alike, so these are no mistakes. */
function unknownVariables(env: NodeJS.ProcessEnv): readonly Problem[] {
  const variables = KNOWN.map(variableOf);
  return Object.keys(env)
    .filter((name) => name.startsWith(ENV_PREFIX) && !variables.includes(name))
    .map((place) => ({
      place,
      line: Infinity,
      why: `no setting has this name${hint(place, variables)}`,
    }));
}

function variableOf(key: string): string {
  return ENV_PREFIX + key.toUpperCase();
}

function hint(word: string, known: readonly string[]): string {
  const name = nearestName(word, known);
  return name === undefined ? "" : `; did you mean ${name}?`;
}

/** Infinity less Infinity is no number, and counts as equal. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((left, right) => left.line - right.line || 0);
}
