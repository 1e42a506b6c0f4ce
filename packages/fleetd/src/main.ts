import { ConfigError, FleetError } from "@fleet/core";
import { parseArguments, usage } from "./arguments.ts";
import { loadConfig, type LoadedConfig, problemText } from "./config/config.ts";
import { findConfig } from "./config/find-config.ts";
import { createLogger } from "./logger.ts";
import { Signals } from "./signals.ts";
import { writeLine } from "./write-line.ts";
import { VERSION } from "./version.ts";

const PROGRAM = "fleetd";

// A part that could not be built leaves others open, and they must not keep the daemon alive.
process.exit(await main(process.argv.slice(2), process.env));

/** Arguments and environment in, exit code out. */
async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const invocation = parseArguments(PROGRAM, args);
  switch (invocation.kind) {
    case "version":
      return writeLine(process.stdout, `fleetd version ${VERSION}`);
    case "help":
      process.stderr.write(usage(PROGRAM));
      return 0;
    case "mistake":
      process.stderr.write(`${invocation.message}\n${usage(PROGRAM)}`);
      return invocation.exitCode;
    case "run":
      return run(invocation, env);
  }
}

async function run(
  invocation: { readonly configPath: string | undefined; readonly checkOnly: boolean },
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const signals = new Signals();
  const load = (): LoadedConfig => loadConfig(findConfig(invocation.configPath), env);
  let loaded: LoadedConfig;
  try {
    loaded = load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`FATAL fleetd: ${problem}\n`);
    return 1;
  }
  const { config, origin, warnings } = loaded;
  if (invocation.checkOnly) {
    for (const warning of warnings) process.stderr.write(`WARN fleetd: ${problemText(warning)}\n`);
    return 0;
  }
  const log = createLogger({ format: config.log_format, debug: config.verbosity > 0 });
  log.info({ version: VERSION }, `Starting fleetd version ${VERSION}`);
  log.info({}, origin);
  for (const { place, why } of warnings) log.warn({ place }, why);
  try {
    // Most of the start is spent on loading this: signals are caught already.
    const { runDaemon } = await import("./run-daemon.ts");
    return await runDaemon({ loaded, load, env, signals, log });
  } catch (error) {
    const expected = error instanceof FleetError;
    const reason = expected ? error.message : String(error);
    log.fatal(
      expected ? { code: error.code } : { err: error },
      `Failed creating Server: ${reason}`,
    );
    return 1;
  }
}
