import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@fleet/core";
import { afterAll, describe, expect, test } from "vitest";
import { loadConfig, problemText } from "./config.ts";
import { parseConfigFile } from "./config-file.ts";

const load = (text: string, env: NodeJS.ProcessEnv = {}) =>
  loadConfig(parseConfigFile("fleet.conf", text), env);

const warningsOf = (text: string, env: NodeJS.ProcessEnv = {}): readonly string[] =>
  load(text, env).warnings.map(problemText);

const problemsOf = (text: string, env: NodeJS.ProcessEnv = {}): readonly string[] => {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

const directory = mkdtempSync(join(tmpdir(), "fleet-config-"));
const [CERTIFICATE, KEY, OTHER_KEY, TEXT] = ["crt", "key", "other", "txt"].map((name) =>
  join(directory, name),
) as [string, string, string, string];
const make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=t".split(
  " ",
);
for (const key of [OTHER_KEY, KEY])
  execFileSync("openssl", [...make, "-keyout", key, "-out", CERTIFICATE], { stdio: "ignore" });
writeFileSync(TEXT, "text");
afterAll(() => rmSync(directory, { recursive: true }));

describe("a setting that can be read", () => {
  test.for<[promise: string, text: string, key: string, value: unknown]>([
    ["without a file the defaults hold", "", "agent_ttl", 30_000],
    [
      "a JSON list of etcd servers",
      'etcd_servers=["http://a:1","http://b:2"]',
      "etcd_servers",
      ["http://a:1", "http://b:2"],
    ],
    [
      "a comma list of etcd servers",
      "etcd_servers=http://a:1, http://b:2",
      "etcd_servers",
      ["http://a:1", "http://b:2"],
    ],
    ["blanks around the equals sign", "token_limit = 7", "token_limit", 7],
    ["keys in capitals", "TOKEN_LIMIT=7", "token_limit", 7],
    ["CRLF line ends", "token_limit=7\r\nverbosity=1\r\n", "token_limit", 7],
    ["the last of two equal keys wins", "token_limit=7\ntoken_limit=8", "token_limit", 8],
    ["double quotes", 'public_ip="10.0.0.1"', "public_ip", "10.0.0.1"],
    ["an IPv6 address", "public_ip=fd00::1", "public_ip", "fd00::1"],
    ["single quotes", "public_ip='10.0.0.1'", "public_ip", "10.0.0.1"],
    ["a comment behind quotes", 'public_ip="10.0.0.1" # mine', "public_ip", "10.0.0.1"],
    ["a comment behind white space", "public_ip=10.0.0.1 ; mine", "public_ip", "10.0.0.1"],
    [
      "a password with comment signs in it",
      "etcd_username=u\netcd_password=a#b;c",
      "etcd_password",
      "a#b;c",
    ],
    ["comment lines", "# x=1\n; y=2\ntoken_limit=7", "token_limit", 7],
    [
      "a line that goes on",
      "metadata=a=1,\\\n  b=2",
      "metadata",
      new Map([
        ["a", "1"],
        ["b", "2"],
      ]),
    ],
    [
      "metadata is trimmed on both sides and the last pair wins",
      "metadata= a = 1 , b=x=y, a=2",
      "metadata",
      new Map([
        ["a", "2"],
        ["b", "x=y"],
      ]),
    ],
    [
      "float seconds cut to milliseconds",
      "engine_reconcile_interval=0.0019",
      "engine_reconcile_interval",
      1,
    ],
    ["a Go duration", "agent_ttl=1m30s", "agent_ttl", 90_000],
    ["a prefix gets its slashes", "etcd_key_prefix=fleet/a", "etcd_key_prefix", "/fleet/a/"],
    ["an octal number as in fleet", "verbosity=010", "verbosity", 8],
    ["a literal truth", "disable_engine=T", "disable_engine", true],
  ])("%s", ([, text, key, value]) => {
    expect(load(text).config[key as "agent_ttl"]).toEqual(value);
  });

  test("the environment overrides the file, also with an empty value", () => {
    const { config } = load("token_limit=7\npublic_ip=10.0.0.1", {
      FLEET_TOKEN_LIMIT: "9",
      FLEET_PUBLIC_IP: "",
    });
    expect([config.token_limit, config.public_ip]).toEqual([9, ""]);
  });

  test("the defaults are those of fleet 1.0.0", () => {
    expect(load("").config).toMatchObject({
      verbosity: 0,
      etcd_servers: ["http://127.0.0.1:2379", "http://127.0.0.1:4001"],
      etcd_username: "",
      etcd_password: "",
      etcd_keyfile: "",
      etcd_certfile: "",
      etcd_cafile: "",
      etcd_key_prefix: "/_coreos.com/fleet/",
      etcd_request_timeout: 1_000,
      engine_reconcile_interval: 2_000,
      public_ip: "",
      metadata: new Map(),
      agent_ttl: 30_000,
      units_directory: "/run/fleet/units/",
      systemd_user: false,
      token_limit: 100,
      disable_engine: false,
      disable_watches: false,
    });
  });

  test.for(
    Object.entries({
      verbosity: "2",
      etcd_servers: "http://a:1",
      etcd_key_prefix: "/a/",
      etcd_request_timeout: "2.5",
      engine_reconcile_interval: "3",
      public_ip: "10.0.0.1",
      metadata: "a=1",
      agent_ttl: "1m",
      move_after: "5m",
      move_rate: "9",
      mass_loss_share: "80",
      units_directory: "/run/u/",
      unit_drop_directory: "/etc/fleet/units",
      unit_drop_prune: "true",
      systemd_user: "true",
      token_limit: "7",
      disable_engine: "true",
      disable_watches: "true",
      log_format: "text",
    }),
  )("%s means the same in the file and in the environment", ([key, value]) => {
    const name = key as "agent_ttl";
    const fromFile = load(`${key}=${value}`).config[name];
    expect(fromFile).not.toEqual(load("").config[name]);
    expect(load("", { [`FLEET_${key.toUpperCase()}`]: value }).config[name]).toEqual(fromFile);
  });

  test.for(["verify_units", "authorized_keys_file", "enable_grpc"])(
    "%s, which fleet no longer uses, is accepted with a warning",
    (key) => {
      expect(warningsOf(`${key}=true`)).toEqual([
        `fleet.conf:1: Config option ${key} is no longer supported - ignoring`,
      ]);
    },
  );
});

describe("a mistake is refused with its place", () => {
  test.for<[text: string, problem: string]>([
    ["\ntoken_limt=7", "fleet.conf:2: unknown setting token_limt; did you mean token_limit?"],
    ["nonsense=7", "fleet.conf:1: unknown setting nonsense"],
    [
      "public_ip=banana",
      'fleet.conf:1: public_ip: "banana" is neither an IPv4 nor an IPv6 address',
    ],
    [
      'etcd_key_prefix="/fleet',
      "fleet.conf:1: etcd_key_prefix: the quote at its beginning is never closed",
    ],
    ["public_ip='", "fleet.conf:1: public_ip: the quote at its beginning is never closed"],
    [
      "etcd_username=root",
      "fleet.conf:1: etcd_username and etcd_password go together: only one of them is set",
    ],
    [
      "\netcd_password=secret",
      "fleet.conf:2: etcd_username and etcd_password go together: only one of them is set",
    ],
    ["token_limit=many", 'fleet.conf:1: token_limit: "many" is not a whole number from 1 to 65535'],
    ["token_limit=0", 'fleet.conf:1: token_limit: "0" is not a whole number from 1 to 65535'],
    ["disable_engine=yes", 'fleet.conf:1: disable_engine: "yes" is neither true nor false'],
    ["agent_ttl=30", 'fleet.conf:1: agent_ttl: "30" is not a duration such as 30s or 1m30s'],
    ["agent_ttl=1s", 'fleet.conf:1: agent_ttl: "1s" is shorter than 2s'],
    [
      "engine_reconcile_interval=abc",
      'fleet.conf:1: engine_reconcile_interval: "abc" is not a number of seconds above zero',
    ],
    [
      "etcd_request_timeout=0",
      'fleet.conf:1: etcd_request_timeout: "0" is not a number of seconds above zero',
    ],
    [
      "etcd_servers=localhost",
      'fleet.conf:1: etcd_servers: "localhost" is not an http or https URL',
    ],
    ["move_rate=0", 'fleet.conf:1: move_rate: "0" is not a whole number from 1 to 100000'],
    [
      "mass_loss_share=101",
      'fleet.conf:1: mass_loss_share: "101" is not a whole number from 1 to 100',
    ],
    ["log_format=xml", 'fleet.conf:1: log_format: "xml" is not one of json, text'],
    ["metadata=a", 'fleet.conf:1: metadata: "a" is not of the form key=value'],
    ["metadata==a", 'fleet.conf:1: metadata: "=a" is not of the form key=value'],
    ["units_directory=units", 'fleet.conf:1: units_directory: "units" is not an absolute path'],
    [
      "unit_drop_directory=drop",
      'fleet.conf:1: unit_drop_directory: "drop" is not an absolute path',
    ],
    [
      "units_directory=/run/u/\nunit_drop_directory=/run/u",
      "fleet.conf:2: unit_drop_directory: is units_directory: fleet would submit what it installs",
    ],
    ["constructor=1", "fleet.conf:1: unknown setting constructor"],
    ["nonsense", "fleet.conf:1: not of the form key=value"],
    [
      "[fleet]\ntoken_limit=7",
      "fleet.conf:2: token_limit stands after [fleet]; settings have no section",
    ],
    [
      `etcd_certfile=${CERTIFICATE}`,
      "fleet.conf:1: etcd_certfile and etcd_keyfile go together: only one of them is set",
    ],
  ])("%s", ([text, problem]) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test("all mistakes of file and environment come at once, the file's by line", () => {
    const text = `a=1\nverbosity=x\nno\netcd_keyfile=${KEY}\nb=2`;
    expect(problemsOf(text, { FLEET_AGENT_TTL: "soon" })).toEqual([
      "fleet.conf:1: unknown setting a",
      'fleet.conf:2: verbosity: "x" is not a whole number from 0 to 255',
      "fleet.conf:3: not of the form key=value",
      "fleet.conf:4: etcd_certfile and etcd_keyfile go together: only one of them is set",
      "fleet.conf:5: unknown setting b",
      'FLEET_AGENT_TTL: agent_ttl: "soon" is not a duration such as 30s or 1m30s',
    ]);
  });
});

describe("a file that a setting names is looked at", () => {
  const missing = join(directory, "missing");
  const pair = (cert: string, key: string): string => `etcd_certfile=${cert}\netcd_keyfile=${key}`;

  test("one that is as it should be is fine", () => {
    expect(problemsOf(`${pair(CERTIFICATE, KEY)}\netcd_cafile=${CERTIFICATE}`)).toEqual([]);
    expect(problemsOf(`units_directory=${missing}`)).toEqual([]);
  });

  test.for<[text: string, problems: readonly string[]]>([
    [`etcd_cafile=${missing}`, [`fleet.conf:1: etcd_cafile: ${missing} does not exist`]],
    [
      pair(missing, directory),
      [
        `fleet.conf:1: etcd_certfile: ${missing} does not exist`,
        `fleet.conf:2: etcd_keyfile: ${directory} is a directory, not a file`,
      ],
    ],
    [`etcd_cafile=${TEXT}`, [`fleet.conf:1: etcd_cafile: ${TEXT} holds no PEM certificate`]],
    [
      pair(KEY, CERTIFICATE),
      [
        `fleet.conf:1: etcd_certfile: ${KEY} holds no PEM certificate`,
        `fleet.conf:2: etcd_keyfile: ${CERTIFICATE} holds no PEM key without a passphrase`,
      ],
    ],
    [
      pair(CERTIFICATE, OTHER_KEY),
      [`fleet.conf:2: etcd_keyfile: ${OTHER_KEY} is not the key of ${CERTIFICATE}`],
    ],
    [`units_directory=${TEXT}`, [`fleet.conf:1: units_directory: ${TEXT} is not a directory`]],
    [
      `units_directory=${TEXT}/units`,
      [`fleet.conf:1: units_directory: ${TEXT}/units lies below a file`],
    ],
  ])("%s", ([text, problems]) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

describe("what can be used but is hardly meant so is warned about with its place", () => {
  test.for<[text: string, env: NodeJS.ProcessEnv, warning: string]>([
    [
      "token_limit=7\n[fleet]",
      {},
      "fleet.conf:2: settings have no sections: a setting below [fleet] would be refused",
    ],
    [
      "metadata=a=b,a=c",
      {},
      "fleet.conf:1: metadata: a is given more than once: the last one counts",
    ],
    [
      "",
      { FLEET_TOKEN_LIMT: "7" },
      "FLEET_TOKEN_LIMT: no setting has this name; did you mean FLEET_TOKEN_LIMIT?",
    ],
    ["", { FLEET_OF_CARS: "7" }, "FLEET_OF_CARS: no setting has this name"],
    [
      "etcd_insecure_skip_verify=true",
      {},
      "fleet.conf:1: etcd_insecure_skip_verify: etcd's certificate is NOT verified",
    ],
  ])("%s %o", ([text, env, warning]) => {
    expect(warningsOf(text, env)).toEqual([warning]);
  });
});
