import { readFileSync, statSync } from "node:fs";
import { ConfigError } from "@fleet/core";
import { parseConfigFile, type ConfigFile } from "./config-file.ts";

const DEFAULT_PATH = "/etc/fleet/fleet.conf";

/**
 * Reads the named file, or the default one if it exists, or none.
 * @throws {ConfigError} when a named file is missing, is a directory or cannot be read.
 */
export function findConfig(path: string | undefined): ConfigFile {
  if (path !== undefined)
    return { ...readConfigFile(path), origin: `Using provided config file ${path}` };
  if (statSync(DEFAULT_PATH, { throwIfNoEntry: false }) !== undefined) {
    return { ...readConfigFile(DEFAULT_PATH), origin: `Using default config file ${DEFAULT_PATH}` };
  }
  return {
    path: undefined,
    given: [],
    problems: [],
    warnings: [],
    origin: "No provided or default config file found - proceeding without",
  };
}

function readConfigFile(path: string): ConfigFile {
  return parseConfigFile(path, readText(path));
}

function readText(path: string): string {
  try {
    if (!statSync(path).isDirectory()) return readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError([`Unable to use config file ${path}: ${reasonOf(error, path)}`]);
  }
  throw new ConfigError([`Provided config ${path} is a directory, not a file`]);
}

/** A missing file in fleet's words. */
function reasonOf(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? `stat ${path}: no such file or directory` : message;
}
