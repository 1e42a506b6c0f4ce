import { describe, expect, test } from "vitest";

import { RequirementsError, UnitFileError } from "../errors.ts";
import { parseUnitFile } from "./parse-unit-file.ts";
import { validateUnitFile } from "./validate-unit-file.ts";

function validate(lines: string): void {
  validateUnitFile(parseUnitFile(`[X-Fleet]\n${lines}\n`));
}

describe("options that cannot be read back are refused", () => {
  test.for<readonly [section: string, name: string, value: string, message: string]>([
    ["A", "X", "x".repeat(3000), "line too long (max 2048 bytes)"],
    ["A]", "X", "1", "found garbage after section name : [93]"],
    ["A", "X", "1\n2", "unexpected newline encountered while parsing option name"],
  ])("section %j, name %j", ([section, name, value, message]) => {
    expect(() => validateUnitFile([{ section, name, value }])).toThrow(new UnitFileError(message));
  });

  test("before their requirements are looked at", () => {
    const file = [
      ...parseUnitFile("[X-Fleet]\nMachineID=a\nGlobal=true\n"),
      { section: "A]", name: "X", value: "1" },
    ];

    expect(() => validateUnitFile(file)).toThrow(UnitFileError);
  });
});

describe("a peer that is kept away is refused", () => {
  test.for<readonly [lines: string, reason: string]>([
    ["MachineOf=a.service\nConflicts=a.*", 'peer "a.service" matches conflict "a.*"'],
    ["X-ConditionMachineOf=a.service\nX-Conflicts=*", 'peer "a.service" matches conflict "*"'],
    ["MachineOf=a.service\nReplaces=a.*", 'peer "a.service" matches replace "a.*"'],
    ["MachineOf=a\nMachineOf=b\nConflicts=b\nConflicts=a", 'peer "a" matches conflict "a"'],
    ["MachineOf=a\nConflicts=a* ?", 'peer "a" matches conflict "a*"'],
    ["MachineOf=a\nConflicts=a\nReplaces=a", 'peer "a" matches conflict "a"'],
    ["MachineOf=a\nMachineOf=b\nConflicts=b\nReplaces=a", 'peer "a" matches replace "a"'],
    ["MachineOf=a@%i.service\nConflicts=a@%i.*", 'peer "a@%i.service" matches conflict "a@%i.*"'],
    ["MachineOf=\nConflicts=*", 'peer "" matches conflict "*"'],
  ])("%j: %s", ([lines, reason]) => {
    const error = new RequirementsError(`unresolvable requirements: ${reason}`);

    expect(() => validate(lines)).toThrow(error);
  });
});

const MACHINE = "MachineID=m";
const PEERS = "MachineOf=p.service";
const CONFLICTS = "Conflicts=c.service";
const GLOBAL = "Global=true";
const REPLACES = "Replaces=r.service";
const METADATA = "MachineMetadata=a=b";

describe("a forbidden pair is refused", () => {
  test.for<readonly [one: string, other: string, message: string]>([
    [MACHINE, PEERS, "MachineID cannot be used with Peers"],
    [MACHINE, CONFLICTS, "MachineID cannot be used with Conflicts"],
    [MACHINE, GLOBAL, "MachineID cannot be used with Global"],
    [MACHINE, REPLACES, "MachineID cannot be used with Replaces"],
    [GLOBAL, PEERS, "Global cannot be used with Peers"],
    [GLOBAL, REPLACES, "Global cannot be used with Replaces"],
    [CONFLICTS, REPLACES, "Conflicts cannot be used with Replaces"],
    ["X-ConditionMachineID=m", "X-ConditionMachineOf=p", "MachineID cannot be used with Peers"],
    ["X-ConditionMachineBootID=m", "X-Conflicts=c", "MachineID cannot be used with Conflicts"],
    ["MachineID=", "MachineOf=", "MachineID cannot be used with Peers"],
    ["MachineID=", "Replaces=", "MachineID cannot be used with Replaces"],
  ])("%s and %s", ([one, other, message]) => {
    const error = new RequirementsError(message);

    expect(() => validate(`${one}\n${other}`)).toThrow(error);
    expect(() => validate(`${other}\n${one}`)).toThrow(error);
  });
});

describe("of several mistakes the first in fleet's order is told", () => {
  test.for<readonly [lines: readonly string[], message: string]>([
    [[REPLACES, GLOBAL, CONFLICTS, PEERS, MACHINE], "MachineID cannot be used with Peers"],
    [[REPLACES, GLOBAL, CONFLICTS, MACHINE], "MachineID cannot be used with Conflicts"],
    [[REPLACES, GLOBAL, MACHINE], "MachineID cannot be used with Global"],
    [[REPLACES, GLOBAL, CONFLICTS, PEERS], "Global cannot be used with Peers"],
    [[REPLACES, GLOBAL, CONFLICTS], "Global cannot be used with Replaces"],
    [
      [MACHINE, PEERS, "Conflicts=p.*"],
      'unresolvable requirements: peer "p.service" matches conflict "p.*"',
    ],
  ])("%j", ([lines, message]) => {
    expect(() => validate(lines.join("\n"))).toThrow(new RequirementsError(message));
  });
});

describe("a value of an option that fleet 1.0.0 does not know is refused", () => {
  test.for<readonly [lines: string, message: string]>([
    ["MoveAfter=5", 'MoveAfter="5" is not a duration such as 30s or 1m30s'],
    ["MoveAfter=", 'MoveAfter="" is not a duration such as 30s or 1m30s'],
    ["MoveAfter=%i", 'MoveAfter="%i" is not a duration such as 30s or 1m30s'],
    ["MoveAfter=5m\nMoveAfter=soon", 'MoveAfter="soon" is not a duration such as 30s or 1m30s'],
    ["OnIsolation=halt", 'OnIsolation="halt" is neither keep nor stop'],
    ["OnIsolation=", 'OnIsolation="" is neither keep nor stop'],
    ["Handover=stop", 'Handover="stop" is neither start-first nor stop-first'],
    [
      "OnIsolation=stop\nHandover=start-first",
      "OnIsolation=stop cannot be used with Handover=start-first",
    ],
    [`MoveAfter=5\n${MACHINE}\n${PEERS}`, "MachineID cannot be used with Peers"],
  ])("%j", ([lines, message]) => {
    expect(() => validate(lines)).toThrow(new RequirementsError(message));
  });
});

describe("everything else is allowed", () => {
  test.for<readonly [lines: string]>([
    [""],
    [`${MACHINE}\n${METADATA}`],
    [`${GLOBAL}\n${CONFLICTS}\n${METADATA}`],
    [`${PEERS}\n${CONFLICTS}`],
    [`${PEERS}\n${REPLACES}`],
    [`${PEERS}\n${METADATA}`],
    [`${MACHINE}\nConflicts=`],
    [`${MACHINE}\nConflicts= \t `],
    [`${MACHINE}\nGlobal=false`],
    ["Global=false\nMachineOf=a"],
    ["MachineOf=[\nConflicts=["],
    ["MachineOf=%n\nConflicts=web.service"],
    ["Foo=bar"],
    ["MoveAfter=soon\nMoveAfter=5m"],
    ["OnIsolation=STOP\nHandover=Stop-First"],
    ["OnIsolation=keep\nHandover=start-first"],
    [`${GLOBAL}\nOnIsolation=stop`],
  ])("%j", ([lines]) => {
    expect(() => validate(lines)).not.toThrow();
  });
});
