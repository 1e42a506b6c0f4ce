import { expect, test } from "vitest";

import { addressText, sshAddressOf } from "./address.ts";

test.for([
  ["10.0.0.1", "10.0.0.1", 22],
  ["10.0.0.1:2222", "10.0.0.1", 2222],
  ["host", "host", 22],
  ["::1", "::1", 22],
  ["[::1]", "::1", 22],
  ["[::1]:2222", "::1", 2222],
  ["foo:bar", "foo:bar", 22],
] as const)("%s is %s, port %d", ([text, host, port]) => {
  expect(sshAddressOf(text, 22)).toEqual({ host, port });
});

test.for([
  ["10.0.0.1", "10.0.0.1:22"],
  ["[::1]:2222", "[::1]:2222"],
] as const)("%s is shown as %s", ([text, shown]) => {
  expect(addressText(sshAddressOf(text, 22))).toBe(shown);
});
