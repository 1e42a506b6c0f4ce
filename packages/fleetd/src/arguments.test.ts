import { expect, test } from "vitest";
import { parseArguments, type Invocation } from "./arguments.ts";

test.for<[args: readonly string[], meaning: Invocation]>([
  [[], { kind: "run", configPath: undefined, checkOnly: false }],
  [["-config", "a"], { kind: "run", configPath: "a", checkOnly: false }],
  [["--config=a"], { kind: "run", configPath: "a", checkOnly: false }],
  [["-config=a", "--check-config"], { kind: "run", configPath: "a", checkOnly: true }],
  [["-version"], { kind: "version" }],
  [["version"], { kind: "version" }],
  [["-h"], { kind: "help" }],
  [["--config"], { kind: "mistake", message: "flag needs an argument: -config", exitCode: 2 }],
  [["--config="], { kind: "mistake", message: "flag needs an argument: -config", exitCode: 2 }],
  [["-config", ""], { kind: "mistake", message: "flag needs an argument: -config", exitCode: 2 }],
  [["-x"], { kind: "mistake", message: "flag provided but not defined: -x", exitCode: 2 }],
  [
    ["list-units"],
    {
      kind: "mistake",
      message: "fleetd takes no arguments. Did you mean to invoke fleetctl instead?",
      exitCode: 1,
    },
  ],
])("fleetd %j", ([args, meaning]) => {
  expect(parseArguments("fleetd", args)).toEqual(meaning);
});
