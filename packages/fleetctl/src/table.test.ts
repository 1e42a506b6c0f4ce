import { expect, test } from "vitest";

import { renderTable } from "./table.ts";

test.for<[string, string[][], string]>([
  ["nothing is no text", [], ""],
  ["one column has no padding", [["UNIT"], ["hello.service"]], "UNIT\nhello.service\n"],
  [
    "columns are aligned at tab stops",
    [
      ["UNIT", "SUB"],
      ["a.service", "dead"],
    ],
    "UNIT\t\tSUB\na.service\tdead\n",
  ],
  ["seven characters leave room for the padding", [["1234567", "x"]], "1234567\tx\n"],
  [
    "eight characters need the next tab stop",
    [
      ["12345678", "x"],
      ["1", "y"],
    ],
    "12345678\tx\n1\t\ty\n",
  ],
  [
    "an empty cell is as wide as its column",
    [
      ["", "x"],
      ["a", "y"],
    ],
    "\tx\na\ty\n",
  ],
  ["a column of empty cells is one tab", [["", "x", "y"]], "\tx\ty\n"],
  [
    "characters are counted, not bytes",
    [
      ["grün567", "x"],
      ["日本", "y"],
    ],
    "grün567\tx\n日本\ty\n",
  ],
  ["the last cell of a row may be empty", [["verify", ""]], "verify\t\n"],
])("%s", ([, rows, text]) => {
  expect(renderTable(rows)).toBe(text);
});
