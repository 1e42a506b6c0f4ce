import { describe, expect, test } from "vitest";

import { UsageError } from "../errors.ts";
import { globalFlags } from "../global-options.ts";
import { readEnvironment } from "./environment.ts";
import { nameOf } from "./flag.ts";

function read(env: Record<string, string>): object {
  const values = readEnvironment(env, globalFlags());
  return Object.fromEntries([...values].map(([option, value]) => [nameOf(option), value]));
}

describe("a variable stands for a global flag", () => {
  test.for<[Record<string, string>, object]>([
    [{}, {}],
    [{ FLEETCTL_ENDPOINT: "http://h:1" }, { endpoint: "http://h:1" }],
    [{ FLEETCTL_ENDPOINT: "" }, {}],
    [{ FLEETCTL_STRICT_HOST_KEY_CHECKING: "false" }, { "strict-host-key-checking": false }],
    [{ FLEETCTL_SSH_TIMEOUT: "2.5" }, { "ssh-timeout": 2.5 }],
    [{ FLEETCTL_CA_FILE: "a", FLEETCTL_ETCD_CAFILE: "b" }, { "ca-file": "b" }],
    [{ FLEETCTL_H: "1" }, { help: true }],
    [{ FLEETCTL_SSH_PORT: "2222", FLEETCTL_FIELDS: "unit", OTHER: "x" }, {}],
  ])("%o", ([env, expected]) => {
    expect(read(env)).toEqual(expected);
  });
});

test("a value that cannot be read is refused with the variable's name", () => {
  expect(() => read({ FLEETCTL_SSH_TIMEOUT: "abc" })).toThrow(
    new UsageError(
      'invalid argument "abc" for FLEETCTL_SSH_TIMEOUT: strconv.ParseFloat: parsing "abc": invalid syntax',
    ),
  );
});
