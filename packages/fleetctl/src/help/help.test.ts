import { expect, test } from "vitest";

import { Command } from "commander";

import { booleanFlag, secondsFlag, hidden, integerFlag, stringFlag } from "../flags/flag.ts";
import { flagLines } from "./flag-lines.ts";
import { commandHelp, overview, programHelp } from "./help.ts";

const COMMANDS = [
  { name: "cat", summary: "Print a file" },
  { name: "help", summary: "Print help", unlisted: true },
  { name: "list-units", summary: "List units" },
  { name: "verify", summary: "", unlisted: true },
] as const;

const FLAGS = [stringFlag("tunnel", "Go through"), booleanFlag("debug", "Say more")];

test("flags are sorted, typed and aligned, and tell their defaults", () => {
  const flags = [
    integerFlag("lines", "How many", 10),
    stringFlag("output", "How", "short"),
    stringFlag("unit", "Which"),
    booleanFlag("A", "Shorthand"),
    booleanFlag("strict", "Check", true),
    secondsFlag("ssh-timeout", "How long", 2.5),
    booleanFlag("no-legend", "Without"),
    hidden(booleanFlag("secret", "Not told")),
  ];
  expect(flagLines(flags)).toBe(`\
      --A                   Shorthand
      --lines int           How many (default 10)
      --no-legend           Without
      --output string       How (default "short")
      --ssh-timeout float   How long (default 2.5)
      --strict              Check (default true)
      --unit string         Which
`);
});

test("without arguments fleetctl tells of the commands that people look for", () => {
  expect(overview(COMMANDS, FLAGS)).toBe(`\
fleetctl is a command-line interface to fleet, the cluster-wide systemd

Usage:
  fleetctl [flags]
  fleetctl [command]

Available Commands:
  cat        Print a file
  list-units List units

Flags:
      --debug           Say more
      --tunnel string   Go through

Use "fleetctl [command] --help" for more information about a command.
`);
});

test("help lists every command, with tabs", () => {
  expect(programHelp(COMMANDS, FLAGS)).toBe(
    [
      "NAME:",
      "\tfleetctl - fleetctl is a command-line interface to fleet, the cluster-wide systemd",
      "",
      "USAGE:",
      "\tfleetctl",
      "",
      "VERSION:",
      "\t2.0.0",
      "",
      "COMMANDS:",
      "\tcat\t\tPrint a file",
      "\thelp\t\tPrint help",
      "\tlist-units\tList units",
      "\tverify\t\t",
      "",
      "OPTIONS:",
      "      --debug           Say more",
      "      --tunnel string   Go through",
      "",
      "",
    ].join("\n"),
  );
});

const GLOBAL_PART = [
  "GLOBAL OPTIONS:",
  "      --debug           Say more",
  "      --tunnel string   Go through",
  "",
  "",
];

test("a command's help has its own flags before those of all commands", () => {
  const command = new Command("cat")
    .summary("Print a file")
    .usage("cat UNIT")
    .description("One.\nTwo.")
    .addOption(booleanFlag("raw", "As it is"));
  expect(commandHelp(command, FLAGS)).toBe(
    [
      "NAME:",
      "\tcat - Print a file",
      "",
      "USAGE:",
      "\tfleetctl cat UNIT",
      "",
      "DESCRIPTION:",
      "\tOne.",
      "\tTwo.",
      "",
      "OPTIONS:",
      "      --raw   As it is",
      "",
      ...GLOBAL_PART,
    ].join("\n"),
  );
});

test("parts that a command has not are left out of its help", () => {
  const command = new Command("version").summary("Print the version").usage("version");
  const head = ["NAME:", "\tversion - Print the version", "", "USAGE:", "\tfleetctl version", ""];
  expect(commandHelp(command, FLAGS)).toBe([...head, ...GLOBAL_PART].join("\n"));
});
