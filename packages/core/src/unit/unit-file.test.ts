import { describe, expect, test } from "vitest";

import { parseUnitFile } from "./parse-unit-file.ts";
import { descriptionOf, hasInstallSection } from "./unit-file.ts";

describe("the description", () => {
  test.for<readonly [promise: string, text: string, description: string]>([
    ["is the one of section Unit", "[Unit]\nDescription = Foo \n", "Foo"],
    ["is the first of several", "[Unit]\nDescription=a\nDescription=b\n", "a"],
    ["is empty when the first is", "[Unit]\nDescription=\nDescription=b\n", ""],
    ["is empty when there is none", "[Service]\nDescription=a\n", ""],
    ["is not looked for in other letters", "[Unit]\ndescription=a\n", ""],
  ])("%s", ([, text, description]) => {
    expect(descriptionOf(parseUnitFile(text))).toBe(description);
  });
});

describe("an [Install] section", () => {
  test.for<readonly [promise: string, text: string, has: boolean]>([
    ["counts when it has an option", "[Install]\nWantedBy=multi-user.target\n", true],
    ["leaves no trace without options", "[Install]\n[Unit]\nA=b\n", false],
    ["is not mistaken for another", "[install]\nWantedBy=a.target\n", false],
  ])("%s", ([, text, has]) => {
    expect(hasInstallSection(parseUnitFile(text))).toBe(has);
  });
});
