import { expect, test } from "vitest";
import { isDropName } from "./drop-name.ts";

test.for<[name: string, isMeant: boolean]>([
  ["web.service", true],
  ["web@.service", true],
  ["web@1.timer", true],
  ["my app.service", true],
  [".web.service.swp", false],
  [".web.service", false],
  ["web.service~", false],
  ["#web.service#", false],
  ["#web.service", false],
  ["web.service.tmp", false],
  ["web.service.d", false],
  ["4913", false],
  ["README.md", false],
  ["..data", false],
  [".service", false],
  ["", false],
])("%s: meant to be a unit is %s", ([name, isMeant]) => {
  expect(isDropName(name)).toBe(isMeant);
});
