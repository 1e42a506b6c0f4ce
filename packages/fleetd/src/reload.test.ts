import { ConfigError, SystemdError } from "@fleet/core";
import { expect, test } from "vitest";
import { loadConfig } from "./config/config.ts";
import { parseConfigFile } from "./config/config-file.ts";
import { RELOADED_SETTINGS, SETTINGS, type Config, type SettingName } from "./config/settings.ts";
import type { FleetdLogger } from "./logger.ts";
import { reloadConfig } from "./reload.ts";

const DEFAULTS = loadConfig(parseConfigFile("fleet.conf", ""), {}).config;

/** What reloading a file of this text applies, and what it logs. */
async function reloading(
  text: string,
  move: (directory: string) => Promise<void> = async () => {},
): Promise<{ applied: Config[]; lines: string[] }> {
  const [applied, lines]: [Config[], string[]] = [[], []];
  const note =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log: FleetdLogger = {
    debug: note("debug"),
    info: note("info"),
    warn: note("warn"),
    error: note("error"),
    fatal: note("fatal"),
    setDebug: () => {},
  };
  const load = () => loadConfig(parseConfigFile("fleet.conf", text), {});
  const current = () => DEFAULTS;
  await reloadConfig({
    from: "fleet.conf",
    current,
    load,
    move,
    apply: (config) => applied.push(config),
    log,
  });
  return { applied, lines };
}

test("a good file is applied", async () => {
  const { applied, lines } = await reloading("token_limit=7");
  expect(applied.map((config) => config.token_limit)).toEqual([7]);
  expect(lines).toEqual(["info Reloading configuration from fleet.conf {}"]);
});

test("what can only change at a start is named, and everything else is applied", async () => {
  const { applied, lines } = await reloading("log_format=text\ndisable_engine=true\nmetadata=a=b");
  expect(applied).toEqual([{ ...DEFAULTS, metadata: new Map([["a", "b"]]) }]);
  expect(lines.slice(1)).toEqual([
    'warn disable_engine changed: counts from the next start on {"setting":"disable_engine"}',
    'warn log_format changed: counts from the next start on {"setting":"log_format"}',
  ]);
});

test("each setting that a reload puts to work is applied", async () => {
  const text =
    "verbosity=1\nengine_reconcile_interval=1\npublic_ip=10.0.0.1\nmetadata=a=b\n" +
    "agent_ttl=60s\nmove_after=5m\nmove_rate=9\nmass_loss_share=90\ntoken_limit=7\n" +
    "units_directory=/a\nunit_drop_directory=/drop\nunit_drop_prune=true";
  const [applied] = (await reloading(text)).applied;
  const changed = Object.keys(SETTINGS).filter(
    (name) => applied?.[name as SettingName] !== DEFAULTS[name as SettingName],
  );
  expect(changed.toSorted()).toEqual(RELOADED_SETTINGS.toSorted());
});

test("a bad file changes nothing and every mistake is logged with its place", async () => {
  const { applied, lines } = await reloading("token_limit=7\nverbosity=x\nnonsense");
  expect(applied).toEqual([]);
  expect(lines.slice(1)).toEqual([
    'error Keeping the old configuration: the new one has a mistake {"problem":"fleet.conf:2: verbosity: \\"x\\" is not a whole number from 0 to 255"}',
    'error Keeping the old configuration: the new one has a mistake {"problem":"fleet.conf:3: not of the form key=value"}',
  ]);
});

test("units move before anything else changes, and only when their directory did", async () => {
  const moves: string[] = [];
  const move = async (directory: string): Promise<void> => void moves.push(directory);
  await reloading("token_limit=7", move);
  expect(moves).toEqual([]);
  const { applied } = await reloading("units_directory=/a", move);
  expect([moves, applied.map((config) => config.units_directory)]).toEqual([["/a"], ["/a"]]);
});

test("units that cannot move keep the whole old configuration", async () => {
  const move = async (): Promise<void> => {
    throw new SystemdError("cannot use units directory /a: it is full");
  };
  const { applied, lines } = await reloading("units_directory=/a\ntoken_limit=7", move);
  expect(applied).toEqual([]);
  expect(lines.slice(1)).toEqual([
    'error Keeping the old configuration: the new one has a mistake {"problem":"units_directory: cannot use units directory /a: it is full"}',
  ]);
});

test("what is not a mistake in the file is not swallowed", async () => {
  const load = () => {
    throw new Error("broken");
  };
  const log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {}, setDebug() {} };
  const rest = { move: async () => {}, apply: () => {}, log };
  await expect(reloadConfig({ from: "x", current: () => DEFAULTS, load, ...rest })).rejects.toThrow(
    "broken",
  );
  expect(new ConfigError(["a", "b"]).message).toBe("a; b");
});
