import { readFileSync } from "node:fs";
import { type Clock, ConfigError, type Logger } from "@fleet/core";
import type { EtcdStoreOptions, EtcdTls } from "@fleet/registry/etcd";
import type { Config } from "./config/settings.ts";

/**
 * How to reach etcd, from the settings.
 * @throws {ConfigError} when a TLS file cannot be read.
 */
export function etcdOptions(config: Config, clock: Clock, log: Logger): EtcdStoreOptions {
  const tls = tlsOf(config);
  return {
    endpoints: config.etcd_servers,
    requestTimeoutMs: config.etcd_request_timeout,
    clock,
    log,
    ...(tls === undefined ? {} : { tls }),
    ...(config.etcd_username === ""
      ? {}
      : { username: config.etcd_username, password: config.etcd_password }),
  };
}

/** Undefined when every server speaks plain HTTP. */
function tlsOf(config: Config): EtcdTls | undefined {
  const encrypted = config.etcd_servers.filter((url) => url.startsWith("https:"));
  if (encrypted.length === 0) return undefined;
  return {
    verifyServer: !config.etcd_insecure_skip_verify,
    ...pem("ca", "etcd_cafile", config.etcd_cafile),
    ...pem("cert", "etcd_certfile", config.etcd_certfile),
    ...pem("key", "etcd_keyfile", config.etcd_keyfile),
  };
}

function pem(field: "ca" | "cert" | "key", setting: string, path: string): EtcdTls {
  if (path === "") return {};
  try {
    return { [field]: readFileSync(path) };
  } catch (error) {
    throw new ConfigError([`${setting}: cannot read ${path}: ${(error as Error).message}`]);
  }
}
