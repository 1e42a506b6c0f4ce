import { silentLogger } from "@fleet/core";
import { systemClock } from "@fleet/core/system-clock";
import { expect, test } from "vitest";
import { loadConfig } from "./config/config.ts";
import { parseConfigFile } from "./config/config-file.ts";
import { etcdOptions } from "./etcd-options.ts";

const optionsOf = (text: string) =>
  etcdOptions(
    loadConfig(parseConfigFile("fleet.conf", text), {}).config,
    systemClock,
    silentLogger,
  );

test.for([
  ["etcd_servers=https://a:1", { verifyServer: true }],
  ["etcd_servers=https://a:1\netcd_insecure_skip_verify=true", { verifyServer: false }],
  ["etcd_servers=http://a:1\netcd_insecure_skip_verify=true", undefined],
] as const)("%s", ([text, tls]) => {
  expect(optionsOf(text).tls).toEqual(tls);
});
