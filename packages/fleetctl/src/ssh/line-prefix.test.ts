import { expect, test } from "vitest";

import { Capture } from "../../testing/index.ts";
import { LinePrefix } from "./line-prefix.ts";

test.for<[string, string[], string]>([
  ["whole lines", ["a\nb\n"], "m: a\nm: b\n"],
  ["lines in pieces", ["a", "b\nc", "\n"], "m: ab\nm: c\n"],
  ["an end without a line end", ["a\nb"], "m: a\nm: b\n"],
  ["empty lines", ["\n\n"], "m: \nm: \n"],
  ["nothing", [], ""],
])("%s are written behind the prefix", ([, chunks, text]) => {
  const capture = new Capture();
  const output = new LinePrefix("m: ", capture);
  for (const chunk of chunks) output.write(chunk);
  output.flush();
  expect(capture.text).toBe(text);
});

test("a character that arrives in two pieces stays whole", () => {
  const capture = new Capture();
  const output = new LinePrefix("m: ", capture);
  const bytes = Buffer.from("grün\n");
  output.write(bytes.subarray(0, 3));
  output.write(bytes.subarray(3));
  expect(capture.text).toBe("m: grün\n");
});
