import { expect, test } from "vitest";

import { parseUnitFile } from "./parse-unit-file.ts";

/** Each row's values are those of section `A`, in order. */
test.for<readonly [promise: string, text: string, values: readonly string[]]>([
  [
    "a backslash at the end of a line continues the value",
    "X=a \\\n  b\nY=1\n",
    ["a \\\n  b", "1"],
  ],
  ["a value may run over many lines", "X=a \\\n  b\\\n\tc\nY=1\n", ["a \\\n  b\\\n\tc", "1"]],
  ["two backslashes continue, too", "X=a \\\\\nb\n", ["a \\\\\nb"]],
  ["a backslash in mid-line is ordinary", "X=a\\b\nY=1\n", ["a\\b", "1"]],
  ["a continued comment is text", "X=a \\\n# b\nY=1\n", ["a \\\n# b", "1"]],
  ["a continued semicolon is text", "X=a \\\n; b\nY=1\n", ["a \\\n; b", "1"]],
  ["a continued section is text", "X=a \\\n[B]\nY=1\n", ["a \\\n[B]", "1"]],
  ["the last line's blanks are trimmed", "X=a \\\n  b \t\nY=1\n", ["a \\\n  b", "1"]],
  ["a value may start on the second line", "X= \\\n  b\nY=1\n", ["\\\n  b", "1"]],
  ["an empty line ends the value and leaves a line feed", "X=a \\\n\nY=1\n", ["a \\\n", "1"]],
  ["a blank line ends the value the same way", "X=a \\\n \t \nY=1\n", ["a \\\n", "1"]],
  ["the end of the file after a line feed does so, too", "X=a \\\n", ["a \\\n"]],
  ["the end of the file right after the backslash leaves it bare", "X=a \\", ["a \\"]],
  ["CRLF continues as LF does", "X=a \\\r\n  b\r\nY=1\r\n", ["a \\\n  b", "1"]],
  ["CRLF continues on every line", "X=a \\\r\nb \\\r\nc\r\n", ["a \\\nb \\\nc"]],
  ["a blank line with CRLF ends the value", "X=a \\\r\n\r\nY=1\r\n", ["a \\\n", "1"]],
  ["a blank after the backslash means no continuation", "X=a \\ \nY=1\n", ["a \\ ", "1"]],
  ["several blanks mean the same", "X=a \\ \t \nY=1\n", ["a \\ ", "1"]],
  ["blanks before CRLF mean the same", "X=a \\ \r\nY=1\r\n", ["a \\ ", "1"]],
  ["a lone carriage return is such a blank", "X=a \\\r \nY=1\n", ["a \\ ", "1"]],
  ["also before CRLF", "X=a \\\r\r\nY=1\r\n", ["a \\ ", "1"]],
  ["also at the end of the file", "X=a \\\r", ["a \\ "]],
  ["a continued line may end that way", "X=a \\\nb \\ \nY=1\n", ["a \\\nb \\ ", "1"]],
  ["blanks after the backslash count at the end of the file", "X=a \\ ", ["a \\ "]],
])("%s", ([, text, values]) => {
  expect(parseUnitFile(`[A]\n${text}`).map((option) => option.value)).toEqual(values);
});
