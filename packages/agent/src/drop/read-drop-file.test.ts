import { parseUnitFile, unitHash } from "@fleet/core";
import { describe, expect, test } from "vitest";
import { type DropFile, readDropFile } from "./read-drop-file.ts";

const UNIT = "[Service]\nExecStart=/bin/web\n";

function read(text: string, name = "web.service"): DropFile {
  return readDropFile(name, { kind: "bytes", bytes: Buffer.from(text) });
}

describe("what a file asks for", () => {
  test.for<[text: string, targetState: string]>([
    [UNIT, "launched"],
    [`# fleet: loaded\n${UNIT}`, "loaded"],
    [`# fleet: inactive\n${UNIT}`, "inactive"],
    [`#fleet:launched\n${UNIT}`, "launched"],
    [`\n# written by hand\r\n;  fleet:   loaded  \r\n${UNIT}`, "loaded"],
    [`# fleet: loaded\n# fleet: inactive\n${UNIT}`, "loaded"],
    [`${UNIT}# fleet: inactive\n`, "launched"],
    [`# a fleet: inactive\n${UNIT}`, "launched"],
  ])("%j asks for %s", ([text, targetState]) => {
    const file = parseUnitFile(UNIT);
    const expected = { kind: "valid", unit: "web.service", file, hash: unitHash(file) };
    expect(read(text)).toEqual({ ...expected, targetState });
  });

  test("a template is only stored, an instance with the same text is what the text says", () => {
    const text = `# fleet: loaded\n${UNIT}`;
    expect(read(text, "web@.service")).toMatchObject({ targetState: "inactive" });
    expect(read(text, "web@1.service")).toMatchObject({ targetState: "loaded" });
  });
});

describe("why a file cannot be used", () => {
  test.for<[name: string, text: string, problem: string]>([
    ["web.service", "", "the file has no options"],
    ["web.service", "# only words\n", "the file has no options"],
    ["web.service", "[Service", "unable to find end of section"],
    ["my app.service", UNIT, "invalid character ' ' in unit name"],
    ["web.service", "# fleet: started\n[A]\nB=C\n", '"# fleet: started" asks for none of'],
    ["web.service", "[X-Fleet]\nGlobal=true\nMachineOf=b.service\n", "Global cannot be used with"],
  ])("%s with %j: %s", ([name, text, problem]) => {
    const file = read(text, name);
    expect(file.kind === "invalid" ? file.problem : "valid").toContain(problem);
  });

  test("what cannot be read says why", () => {
    const problem = "cannot be read: EACCES";
    expect(readDropFile("web.service", { kind: "unreadable", problem })).toEqual({
      kind: "invalid",
      problem,
    });
  });

  test("a reason that quotes the file has an end", () => {
    const file = read(`# fleet: ${"x".repeat(1_500)}\n${UNIT}`);
    expect(file.kind === "invalid" ? file.problem.length : 0).toBe(1_000);
  });
});
