import { expect, test } from "vitest";

import { overlaps } from "./network.ts";

test.for<[route: string, prefix: string, answer: boolean]>([
  ["172.30.1.0/24", "172.30.1", true],
  ["172.30.2.0/24", "172.30.1", false],
  ["172.16.0.0/12", "172.30.1", true],
  ["10.0.0.0/8", "172.30.1", false],
  ["172.30.1.7", "172.30.1", true],
  ["172.30.1.128/25", "172.30.1", true],
  ["192.168.0.0/16", "192.168.250", true],
])("route %s and network %s.0/24 have addresses in common: %s", ([route, prefix, answer]) => {
  expect(overlaps(route, prefix)).toBe(answer);
});
