import { describe, expect, test } from "vitest";

import { UsageError } from "../errors.ts";
import { booleanFlag, integerFlag, nameOf, stringFlag } from "./flag.ts";
import { scanFlags } from "./scan-flags.ts";

const OPTIONS = [
  booleanFlag("full", ""),
  booleanFlag("l", ""),
  booleanFlag("no-legend", ""),
  stringFlag("fields", ""),
  integerFlag("lines", "", 10),
  stringFlag("machine", ""),
  stringFlag("m", ""),
  stringFlag("key-file", ""),
  stringFlag("etcd-keyfile", ""),
];

/** What a command line sets, by the name of the flag, and its operands. */
function scan(...tokens: readonly string[]): object {
  const { values, operands, help } = scanFlags(tokens, OPTIONS);
  const set = Object.fromEntries([...values].map(([option, value]) => [nameOf(option), value]));
  return { ...set, ...(operands.length > 0 && { operands }), ...(help && { help }) };
}

test.for<[string[], object]>([
  [[], {}],
  [["--full"], { full: true }],
  [["--full=false"], { full: false }],
  [["--full", "false"], { full: true, operands: ["false"] }],
  [["--full", "--full=0"], { full: false }],
  [["--fields=a,b"], { fields: "a,b" }],
  [["--fields", "a,b"], { fields: "a,b" }],
  [["--fields", "--full"], { fields: "--full" }],
  [["--fields="], { fields: "" }],
  [["--lines", "0x10"], { lines: 16 }],
  [["a", "--full", "b"], { full: true, operands: ["a", "b"] }],
  [["a", "--", "--full", "--"], { operands: ["a", "--full", "--"] }],
  [["-"], { operands: ["-"] }],
  [["--l"], { full: true }],
  [["-l"], { full: true }],
  [["-l=false"], { full: false }],
  [["--full", "--l=false"], { full: false }],
  [["-m", "x"], { machine: "x" }],
  [["-mx"], { machine: "x" }],
  [["-lm=x"], { full: true, machine: "x" }],
  [["--no-legend"], { "no-legend": false }],
  [["--key-file=a", "--etcd-keyfile=b"], { "key-file": "b" }],
  [["--etcd-keyfile=b", "--key-file=a"], { "key-file": "a" }],
  [["-h"], { help: true }],
  [["-h", "--unknown"], { help: true }],
])("%o sets %o", ([tokens, expected]) => {
  expect(scan(...tokens)).toEqual(expected);
});

describe("what cannot be read is refused in fleet's words", () => {
  test.for<[string[], string]>([
    [["--foo"], "unknown flag: --foo"],
    [["--foo=bar"], "unknown flag: --foo"],
    [["-x"], "unknown shorthand flag: 'x' in -x"],
    [["-lxy"], "unknown shorthand flag: 'x' in -lxy"],
    [["--fields"], "flag needs an argument: --fields"],
    [["-m"], "flag needs an argument: 'm' in -m"],
    [["--=x"], "bad flag syntax: --=x"],
    [["---x"], "bad flag syntax: ---x"],
    [
      ["--full=maybe"],
      'invalid argument "maybe" for --full=maybe: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      ["--lines", "abc"],
      'invalid argument "abc" for --lines: strconv.ParseInt: parsing "abc": invalid syntax',
    ],
  ])("%o: %s", ([tokens, message]) => {
    expect(() => scan(...tokens)).toThrow(new UsageError(message));
  });
});
