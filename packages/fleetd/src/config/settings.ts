import {
  readAddress,
  readBoolean,
  readDurationAsMs,
  readInteger,
  readKeyPrefix,
  readMetadata,
  readOneOf,
  readPath,
  readPathOrNone,
  readSecondsAsMs,
  readText,
  readUrls,
  type Reader,
} from "./readers.ts";

interface Setting<T> {
  readonly initial: T;
  readonly read: Reader<T>;
  /** One sentence for docs/configuration.md and units/fleet.conf. */
  readonly meaning: string;
}

function setting<T>(initial: T, read: Reader<T>, meaning: string): Setting<T> {
  return { initial, read, meaning };
}

/** etcd refuses leases shorter than its election time-out allows: two seconds with its defaults. */
const AGENT_TTL_MS_MIN = 2000;
const MOVE_RATE_MAX = 100_000;
const PAGE_LIMIT_MAX = 65_535;

/** Every setting of fleet.conf: its spelling, its default and how its text is read. */
export const SETTINGS = {
  verbosity: setting(0, readInteger(0, 255), "Above 0, debug lines are logged."),
  etcd_servers: setting<readonly string[]>(
    ["http://127.0.0.1:2379", "http://127.0.0.1:4001"],
    readUrls,
    "Addresses of the etcd v3 members, as a JSON list or separated by commas.",
  ),
  etcd_username: setting("", readText, "User for etcd's password authentication."),
  etcd_password: setting("", readText, "Password for etcd's password authentication."),
  etcd_keyfile: setting("", readText, "PEM file with the key of etcd_certfile."),
  etcd_certfile: setting("", readText, "PEM file with the certificate shown to etcd."),
  etcd_cafile: setting(
    "",
    readText,
    "PEM file with the authorities that etcd's certificate is checked against.",
  ),
  etcd_insecure_skip_verify: setting(
    false,
    readBoolean,
    "Takes any certificate that etcd shows. DANGEROUS: whoever answers in its place commands the machine.",
  ),
  etcd_key_prefix: setting("/_coreos.com/fleet/", readKeyPrefix, "Root of all keys in etcd."),
  etcd_request_timeout: setting(
    1000,
    readSecondsAsMs,
    "Seconds until an etcd request is given up.",
  ),
  engine_reconcile_interval: setting(
    2000,
    readSecondsAsMs,
    "Seconds; the leader's lease lasts five times as long, at most agent_ttl. The engine acts on events and does not wait for it.",
  ),
  public_ip: setting("", readAddress, "Address published for this machine; found out when empty."),
  metadata: setting<ReadonlyMap<string, string>>(
    new Map(),
    readMetadata,
    "Facts that units can ask for with MachineMetadata=, as key=value,key2=value2.",
  ),
  agent_ttl: setting(
    30_000,
    readDurationAsMs(AGENT_TTL_MS_MIN),
    "How long a machine may be silent before it counts as gone; a duration such as 30s.",
  ),
  move_after: setting(
    0,
    readDurationAsMs(0),
    "How long a machine may be silent before its units move, where that is longer than agent_ttl; a duration such as 5m.",
  ),
  move_rate: setting(
    250,
    readInteger(1, MOVE_RATE_MAX),
    "At most so many units a second leave machines that have gone silent.",
  ),
  mass_loss_share: setting(
    50,
    readInteger(1, 100),
    "Percent; when more of the machines than that go silent within one agent_ttl, at least two, no unit moves.",
  ),
  units_directory: setting(
    "/run/fleet/units/",
    readPath,
    "Where unit files are kept on this machine.",
  ),
  unit_drop_directory: setting(
    "",
    readPathOrNone,
    "Directory whose unit files are submitted and launched; none when empty.",
  ),
  unit_drop_prune: setting(
    false,
    readBoolean,
    "An empty unit_drop_directory removes the units that it made, also when it is found empty.",
  ),
  systemd_user: setting(
    false,
    readBoolean,
    "Drive the calling user's systemd instead of the machine's.",
  ),
  token_limit: setting(100, readInteger(1, PAGE_LIMIT_MAX), "Entries in one page of the HTTP API."),
  disable_engine: setting(false, readBoolean, "Take no part in leading the cluster."),
  disable_watches: setting(
    false,
    readBoolean,
    "Accepted for fleet's sake; watches are always used.",
  ),
  log_format: setting<"json" | "text">(
    "json",
    readOneOf(["json", "text"]),
    "json, or fleet's text form.",
  ),
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;

/** What a reload (SIGHUP) puts to work; every other setting counts from the next start on. */
export const RELOADED_SETTINGS = [
  "verbosity",
  "engine_reconcile_interval",
  "public_ip",
  "metadata",
  "agent_ttl",
  "move_after",
  "move_rate",
  "mass_loss_share",
  "units_directory",
  "unit_drop_directory",
  "unit_drop_prune",
  "token_limit",
] as const satisfies readonly SettingName[];

/** Settings of fleet that no longer do anything: accepted, with a warning. */
export const DEAD_SETTINGS = ["verify_units", "authorized_keys_file", "enable_grpc"];

/** All settings, checked; durations are in milliseconds whatever unit the file uses. */
export type Config = { readonly [Name in SettingName]: (typeof SETTINGS)[Name]["initial"] };
