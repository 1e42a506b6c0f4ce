import { describe, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { readFirstJson } from "./json-reader.ts";
import { decodeUnitBody } from "./unit-body.ts";

describe("the first JSON value", () => {
  test.for<[text: string, value: unknown]>([
    [" \t\r\n true x", true],
    ["false", false],
    ["null]", null],
    ["-0.5e+1,", -5],
    ["10", 10],
    ["01", 0],
    [String.raw`"a\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"x`, 'a"\\/\b\f\n\r\tA😀'],
    [String.raw`"\ud800x\udc00"`, "\uFFFDx\uFFFD"],
    ["[ ]", []],
    ["[1, [2],3]", [1, [2], 3]],
    ["{}{", { members: [] }],
    [
      '{ "a" : 1 , "a":2}',
      {
        members: [
          ["a", 1],
          ["a", 2],
        ],
      },
    ],
    ['{"__proto__":{"x":[]}}', { members: [["__proto__", { members: [["x", []]] }]] }],
  ])("%s", ([text, value]) => {
    expect(readFirstJson(text)).toEqual(value);
  });

  test.for<[text: string, problem: string]>([
    ["", "EOF"],
    [" \n", "EOF"],
    ["{", "unexpected EOF"],
    ['{"a', "unexpected EOF"],
    ['{"a"', "unexpected EOF"],
    ['{"a":', "unexpected EOF"],
    ['{"a":1', "unexpected EOF"],
    ["[1,", "unexpected EOF"],
    ["tru", "unexpected EOF"],
    ["-", "unexpected EOF"],
    ["1.", "unexpected EOF"],
    [String.raw`"\u00`, "unexpected EOF"],
    ["x", "invalid character 'x' looking for beginning of value"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ["'a'", String.raw`invalid character '\'' looking for beginning of value`],
    ["é", "invalid character 'é' looking for beginning of value"],
    ["{a", "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a"=', "invalid character '=' after object key"],
    ['{"a":1 "b"', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ['"a\nb"', String.raw`invalid character '\n' in string literal`],
    [String.raw`"\x"`, "invalid character 'x' in string escape code"],
    [String.raw`"\u00g0"`, String.raw`invalid character 'g' in \u hexadecimal character escape`],
    ["trux", "invalid character 'x' in literal true (expecting 'e')"],
    ["-x", "invalid character 'x' in numeric literal"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1ex", "invalid character 'x' in exponent of numeric literal"],
  ])("%s has none: %s", ([text, problem]) => {
    expect(() => readFirstJson(text)).toThrow(problem);
  });
});

test("a value that is nested without end is refused before the stack is used up", () => {
  expect(() => readFirstJson("[".repeat(100_000))).toThrow("exceeded max depth");
});

describe("the body of a PUT", () => {
  const nothing = { name: "", desiredState: "", options: [] };
  test.for<[text: string, body: object]>([
    ["null", nothing],
    ["{}", nothing],
    ['{"name":"a","DESIREDSTATE":"loaded"}', { ...nothing, name: "a", desiredState: "loaded" }],
    ['{"name":"a","NAME":"b"}', { ...nothing, name: "b" }],
    ['{"name":"a","name":null}', { ...nothing, name: "a" }],
    ['{"unknown":{"name":[1]},"name":"a"} trailing', { ...nothing, name: "a" }],
    ['{"options":null}', nothing],
    ['{"options":[{}]}', { ...nothing, options: [{ section: "", name: "", value: "" }] }],
    [
      '{"options":[{"SECTION":"S","name":"N","value":"V","x":1}]}',
      { ...nothing, options: [{ section: "S", name: "N", value: "V" }] },
    ],
  ])("%s", ([text, body]) => {
    expect(decodeUnitBody(text)).toEqual(body);
  });

  test("bytes that are no UTF-8 become U+FFFD", async () => {
    await using api = await ApiUnderTest.open();
    const [before = "", after = ""] = JSON.stringify({
      options: [{ section: "S", name: "N", value: "a|b" }],
    }).split("|");
    const body = Buffer.concat([
      Buffer.from(before),
      Buffer.from([0xff, 0xc3]),
      Buffer.from(after),
    ]);
    const headers = ["Content-Type: application/json"];
    expect(await api.outcome("PUT /fleet/v1/units/a.service", { headers, body })).toBe("201");
    expect(await api.outcome("GET /fleet/v1/units/a.service")).toContain(
      '"value":"a\uFFFD\uFFFDb"',
    );
  });
});
