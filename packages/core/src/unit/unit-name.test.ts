import { describe, expect, test } from "vitest";

import { UnitNameError } from "../errors.ts";
import { completeUnitName, parseUnitName } from "./unit-name.ts";

const TYPES =
  "automount busname device mount path scope service slice snapshot socket swap target timer";
const TEMPLATE_TYPES = ["path", "service", "socket", "target", "timer"];

describe("a name is accepted", () => {
  test.for<readonly [promise: string, name: string]>([
    ["with an empty stem", ".service"],
    ["with a stem of one dot", "..service"],
    ["with several dots: the last one counts", "a.b.service"],
    ["with every allowed character", "aZ09:-_.\\@x.service"],
    ["with several @", "foo@bar@baz.service"],
    ["as a template", "foo@.service"],
    ["with exactly 256 bytes", `${"x".repeat(248)}.service`],
  ])("%s", ([, name]) => {
    expect(parseUnitName(name)).toBe(name);
  });

  test.for(TYPES.split(" "))("with type %s", (type) => {
    expect(parseUnitName(`foo.${type}`)).toBe(`foo.${type}`);
  });

  test.for(TEMPLATE_TYPES)("as a template of type %s", (type) => {
    expect(parseUnitName(`foo@1.${type}`)).toBe(`foo@1.${type}`);
  });
});

describe("a name is refused in fleet's words", () => {
  test.for<readonly [reason: string, name: string, message: string]>([
    ["empty", "", "unit name cannot be empty"],
    ["257 bytes long", `${"x".repeat(249)}.service`, "unit name exceeds maximum length (256)"],
    [
      "257 bytes in fewer characters",
      `${"é".repeat(124)}x.service`,
      "unit name exceeds maximum length (256)",
    ],
    ["no dot", "foo", 'unit name must contain "."'],
    ["nothing after the dot", "foo.", 'unit name cannot end in "."'],
    ["an unknown type", "foo.link", 'invalid unit type: "link"'],
    ["a type in capitals", "foo.Service", 'invalid unit type: "Service"'],
    ["an @ after the dot", "foo.service@", 'invalid unit type: "service@"'],
    ["a type that needs quoting", 'foo.a"b\n', String.raw`invalid unit type: "a\"b\n"`],
    ["a blank", "a b.service", "invalid character ' ' in unit name"],
    ["a slash", "a/b.service", "invalid character '/' in unit name"],
    ["a line feed", "a\nb.service", String.raw`invalid character '\n' in unit name`],
    ["a single quote", "a'b.service", String.raw`invalid character '\'' in unit name`],
    ["a letter beyond ASCII", "aéb.service", "invalid character 'é' in unit name"],
    ["a character of two code units", "a🚀.service", "invalid character '🚀' in unit name"],
    ["an @ at the start", "@1.service", 'unit name cannot start in "@"'],
  ])("%s", ([, name, message]) => {
    expect(() => parseUnitName(name)).toThrow(new UnitNameError(message));
  });

  test.for(TYPES.split(" ").filter((type) => !TEMPLATE_TYPES.includes(type)))(
    "a template of type %s",
    (type) => {
      expect(() => parseUnitName(`foo@1.${type}`)).toThrow(
        new UnitNameError(`invalid unit type for template: "${type}"`),
      );
    },
  );
});

describe("of several mistakes the first rule's is told", () => {
  test.for<readonly [order: string, name: string, message: string]>([
    ["length before the dot", "x".repeat(300), "unit name exceeds maximum length (256)"],
    ["the type before the characters", "a b.link", 'invalid unit type: "link"'],
    [
      "the template's type before the characters",
      "@ .mount",
      'invalid unit type for template: "mount"',
    ],
    ["the characters before the first one", "@ .service", "invalid character ' ' in unit name"],
  ])("%s", ([, name, message]) => {
    expect(() => parseUnitName(name)).toThrow(new UnitNameError(message));
  });
});

describe("a word on the command line", () => {
  test.for<readonly [word: string, name: string]>([
    ["foo", "foo.service"],
    ["foo.target", "foo.target.service"],
    ["foo.link", "foo.link.service"],
    ["foo.slice", "foo.slice.service"],
    ["foo@1", "foo@1.service"],
    ["foo.Service", "foo.Service.service"],
    ["foo.service", "foo.service"],
    ["foo.socket", "foo.socket"],
    ["foo.timer", "foo.timer"],
    ["foo.path", "foo.path"],
    ["foo.device", "foo.device"],
    ["foo.mount", "foo.mount"],
    ["foo.automount", "foo.automount"],
  ])("%s means %s", ([word, name]) => {
    expect(completeUnitName(word)).toBe(name);
  });
});
