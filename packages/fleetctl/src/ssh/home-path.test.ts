import { expect, test } from "vitest";

import { expandHome } from "./home-path.ts";

test.for([
  ["~/.fleetctl/known_hosts", "/home/me/.fleetctl/known_hosts"],
  ["~", "/home/me"],
  ["~root/x", "/root/x"],
  ["~nobody-of-that-name/x", "~nobody-of-that-name/x"],
  ["/a/~/b", "/a/~/b"],
  ["relative", "relative"],
] as const)("%s is %s", async ([path, expanded]) => {
  expect(await expandHome(path, { HOME: "/home/me" })).toBe(expanded);
});
