import { ConfigError } from "@fleet/core";
import type { ConfigFile, GivenSetting, Problem } from "./config-file.ts";
import { DEAD_SETTINGS, SETTINGS, type Config, type SettingName } from "./settings.ts";

const ENV_PREFIX = "FLEET_";

export interface LoadedConfig {
  readonly config: Config;
  /** A sentence for the log about where the settings come from. */
  readonly origin: string;
  /** The file they were read from, if there is one. */
  readonly path: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * The environment overrides the file, which overrides the defaults.
 * @throws {ConfigError} listing every mistake of all sources: the file's by line, then the others.
 */
export function loadConfig(file: ConfigFile, env: NodeJS.ProcessEnv): LoadedConfig {
  const problems: Problem[] = [...file.problems];
  const warnings: string[] = [];
  const chosen = new Map<string, GivenSetting>();
  for (const given of [...file.given, ...fromEnvironment(env)]) {
    if (DEAD_SETTINGS.includes(given.key)) {
      warnings.push(`Config option ${given.key} is no longer supported - ignoring`);
    } else if (Object.hasOwn(SETTINGS, given.key)) chosen.set(given.key, given);
    else problems.push({ ...given, why: `unknown setting ${given.key}` });
  }
  const config: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS)) {
    config[name] = readSetting(name as SettingName, chosen.get(name), problems);
  }
  if ((config["etcd_certfile"] === "") !== (config["etcd_keyfile"] === "")) {
    const place = chosen.get("etcd_certfile") ?? chosen.get("etcd_keyfile");
    const why = "etcd_certfile and etcd_keyfile go together: only one of them is set";
    problems.push({ place: "", line: Infinity, ...place, why });
  }
  if (problems.length > 0) throw new ConfigError(inOrder(problems));
  return { config: config as Config, origin: file.origin, path: file.path, warnings };
}

function readSetting(
  name: SettingName,
  given: GivenSetting | undefined,
  problems: Problem[],
): unknown {
  const { initial, read } = SETTINGS[name];
  if (given === undefined) return initial;
  return read(given.text, (why) => void problems.push({ ...given, why: `${name}: ${why}` }));
}

/** Variables of other programs may begin alike, so only known settings are taken from here. */
function fromEnvironment(env: NodeJS.ProcessEnv): readonly GivenSetting[] {
  const names = [...Object.keys(SETTINGS), ...DEAD_SETTINGS];
  return names.flatMap((key) => {
    const variable = ENV_PREFIX + key.toUpperCase();
    const text = env[variable];
    return text === undefined ? [] : [{ key, text, place: variable, line: Infinity }];
  });
}

/** Infinity less Infinity is no number, and counts as equal. */
function inOrder(problems: readonly Problem[]): readonly string[] {
  return problems
    .toSorted((left, right) => left.line - right.line || 0)
    .map(({ place, why }) => `${place}: ${why}`);
}
