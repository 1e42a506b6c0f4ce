import { expect, test } from "vitest";

import { aliasesIn } from "./aliases.ts";

test.for<[text: string, aliases: string[]]>([
  ["[Service]\nExecStart=/bin/true\nAlias=not-here.service\n", []],
  [
    "[Install]\nAlias=a.service b.service\nAlias=c.socket\n",
    ["a.service", "b.service", "c.socket"],
  ],
  ["[Install]\nAlias=web@%i.service nonsense\nAlias=\n", []],
])("%j asks for %o", ([text, aliases]) => {
  expect(aliasesIn(text)).toEqual(aliases);
});
