import { describe, expect, test } from "vitest";

import {
  parseBoolean,
  parseDurationMs,
  parseFloatingPoint,
  parseInteger,
  parseSeconds,
} from "./flag-values.ts";

describe("a boolean", () => {
  test.for(["1", "t", "T", "TRUE", "true", "True"])("%s is true", (text) => {
    expect(parseBoolean(text)).toBe(true);
  });

  test.for(["0", "f", "F", "FALSE", "false", "False"])("%s is false", (text) => {
    expect(parseBoolean(text)).toBe(false);
  });

  test.for(["", "yes", "tRUE", "2"])("%o is refused", (text) => {
    expect(() => parseBoolean(text)).toThrow(
      `strconv.ParseBool: parsing "${text}": invalid syntax`,
    );
  });
});

describe("a whole number", () => {
  test.for([
    ["10", 10],
    ["-3", -3],
    ["+3", 3],
    ["0", 0],
    ["0x10", 16],
    ["010", 8],
    ["0o10", 8],
    ["0b11", 3],
    ["1_000", 1000],
  ] as const)("%s is %d", ([text, value]) => {
    expect(parseInteger(text)).toBe(value);
  });

  test.for(["", "abc", "1.5", "08", "1_", "0x", "1e3"])("%o is refused", (text) => {
    expect(() => parseInteger(text)).toThrow(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  });

  test("more than 64 bits are out of range", () => {
    expect(() => parseInteger("9223372036854775808")).toThrow(
      'strconv.ParseInt: parsing "9223372036854775808": value out of range',
    );
  });
});

describe("a floating-point number", () => {
  test.for([
    ["10", 10],
    ["2.5", 2.5],
    [".5", 0.5],
    ["5.", 5],
    ["1e-3", 0.001],
    ["-Inf", -Infinity],
    ["infinity", Infinity],
  ] as const)("%s is %d", ([text, value]) => {
    expect(parseFloatingPoint(text)).toBe(value);
  });

  test.for(["", "abc", "1s", "."])("%o is refused", (text) => {
    expect(() => parseFloatingPoint(text)).toThrow(
      `strconv.ParseFloat: parsing "${text}": invalid syntax`,
    );
  });

  test("what is too large is out of range", () => {
    expect(() => parseFloatingPoint("1e999")).toThrow("value out of range");
  });
});

test.for([
  ["0", 0],
  ["2.5", 2.5],
] as const)("%s seconds are %d", ([text, value]) => {
  expect(parseSeconds(text)).toBe(value);
});

test.for(["-1", "-0.5", "-inf"])("%s seconds are refused", (text) => {
  expect(() => parseSeconds(text)).toThrow("must not be negative");
});

describe("a duration", () => {
  test.for([
    ["0", 0],
    ["300ms", 300],
    ["1.5s", 1500],
    ["2m", 120_000],
    ["1h30m", 5_400_000],
    ["1000us", 1],
  ] as const)("%s is %d ms", ([text, value]) => {
    expect(parseDurationMs(text)).toBeCloseTo(value);
  });

  test.for([
    ["", "not a duration such as 90s, 5m or 1h30m"],
    ["abc", "not a duration such as 90s, 5m or 1h30m"],
    ["10", "not a duration such as 90s, 5m or 1h30m"],
    ["10x", "not a duration such as 90s, 5m or 1h30m"],
    ["1m5", "not a duration such as 90s, 5m or 1h30m"],
    ["+1s", "not a duration such as 90s, 5m or 1h30m"],
    ["-2s", "must not be negative"],
  ] as const)("%o is refused", ([text, problem]) => {
    expect(() => parseDurationMs(text)).toThrow(problem);
  });
});
