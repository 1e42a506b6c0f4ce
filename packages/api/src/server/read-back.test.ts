import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";

// Options as they are sent and as they come back, name and value in turn, measured at fleetd 1.0.0.

type Pairs = readonly (readonly [name: string, value: string])[];

async function sendAndRead(sent: Pairs, section = "S"): Promise<string> {
  await using api = await ApiUnderTest.open();
  const options = sent.map(([name, value]) => ({ section, name, value }));
  expect(await api.put("a.service", { options })).toBe("201");
  const { body = "" } = (await api.ask("GET /fleet/v1/units/a.service")) ?? {};
  return body.replace(
    '{"currentState":"inactive","desiredState":"inactive","name":"a.service"',
    "",
  );
}

test.for<[what: string, sent: Pairs, read: Pairs]>([
  [
    "a comment is dropped",
    [
      ["#c", "x"],
      ["a", "b"],
    ],
    [["a", "b"]],
  ],
  [
    "so is one of the other kind",
    [
      [";c", "x"],
      ["a", "b"],
    ],
    [["a", "b"]],
  ],
  ["blanks around a name and a value are dropped", [[" a ", "\tb "]], [["a", "b"]]],
  [
    "a line end begins another option",
    [["a", "x\nb=c"]],
    [
      ["a", "x"],
      ["b", "c"],
    ],
  ],
  ["a name ends at the first equals sign", [["a=b", "c=d"]], [["a", "b=c=d"]]],
  ["a continued line is kept as it stands", [["a", "x \\\ny"]], [["a", "x \\\ny"]]],
  [
    "equal options are all kept",
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [
      ["a", "b"],
      ["a", "b"],
    ],
  ],
  ["control characters are kept", [["a", "x\u0001\0\r\u007Fy"]], [["a", "x\u0001\0\r\u007Fy"]]],
  ["a carriage return at the end of a line is dropped", [["a", "x\r"]], [["a", "x"]]],
])("%s", async ([, sent, read]) => {
  const options = read.map(([name, value]) => ({ name, section: "S", value }));
  expect(await sendAndRead(sent)).toBe(`,"options":${JSON.stringify(options)}}`);
});

test.for<[what: string, sent: Pairs, section: string, read: string]>([
  ["an empty value is left out", [["a", ""]], "S", '[{"name":"a","section":"S"}]'],
  ["a section is there without options", [["", ""]], "S", '[{"section":"S"}]'],
  [
    "blanks belong to a section's name",
    [["a", "b"]],
    " S ",
    '[{"name":"a","section":" S ","value":"b"}]',
  ],
  ["what is left of nothing", [["", ""]], "", "[{}]"],
])("%s", async ([, sent, section, read]) => {
  expect(await sendAndRead(sent, section)).toBe(`,"options":${read}}`);
});

test("a unit of comments has no options", async () => {
  expect(await sendAndRead([["#a", "b"]])).toBe("}");
});

test.for([
  "a.automount",
  "a.busname",
  "a.device",
  "a.mount",
  "a.path",
  "a.scope",
  "a.slice",
  "a.snapshot",
  "a.socket",
  "a.swap",
  "a.target",
  "a.timer",
  "a@x.path",
  "a@x.socket",
  "a@x.target",
  "a@x.timer",
  "a:b-c_d.e@f.service",
  String.raw`w6\.service`,
])("%s is the name of a unit", async (name) => {
  await using api = await ApiUnderTest.open();
  const path = encodeURIComponent(name);
  const options = [{ section: "Unit", name: "A", value: "b" }];
  expect(await api.put(path, { name, options })).toBe("201");
  expect(await api.outcome(`GET /fleet/v1/units/${path}`)).toContain(JSON.stringify(name));
  expect(await api.outcome(`DELETE /fleet/v1/units/${path}`)).toBe("204");
});
