import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";

test.for<[word: string, known: readonly string[], nearest: string | undefined]>([
  ["token_limt", ["metadata", "token_limit"], "token_limit"],
  ["ectd_server", ["etcd_keyfile", "etcd_servers"], "etcd_servers"],
  ["etcd_keyfil", ["etcd_cafile", "etcd_keyfile"], "etcd_keyfile"],
  ["nonsense", ["metadata", "token_limit"], undefined],
  ["a", ["b"], undefined],
])("%s among %j is near %s", ([word, known, nearest]) => {
  expect(nearestName(word, known)).toBe(nearest);
});
