import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { Config, SettingName } from "./settings.ts";

type NamedFiles = Pick<
  Config,
  "etcd_cafile" | "etcd_certfile" | "etcd_keyfile" | "units_directory"
>;

/** Looks at what the settings name on this machine, and tells what cannot be used, by setting. */
export function checkFiles(
  config: NamedFiles,
  complain: (setting: SettingName, why: string) => void,
): void {
  const read = <T>(
    setting: "etcd_cafile" | "etcd_certfile" | "etcd_keyfile",
    kind: string,
    parse: (pem: Buffer) => T,
  ): T | undefined => {
    const path = config[setting];
    if (path === "") return undefined;
    try {
      return parseFile(path, kind, parse);
    } catch (error) {
      complain(setting, (error as Error).message);
      return undefined;
    }
  };
  read("etcd_cafile", "certificate", (pem) => new X509Certificate(pem));
  const certificate = read("etcd_certfile", "certificate", (pem) => new X509Certificate(pem));
  const key = read("etcd_keyfile", "key without a passphrase", (pem) => createPrivateKey(pem));
  if (certificate !== undefined && key !== undefined && !certificate.checkPrivateKey(key)) {
    complain("etcd_keyfile", `${config.etcd_keyfile} is not the key of ${config.etcd_certfile}`);
  }
  const directory = config.units_directory;
  const why = isAbsolute(directory) ? whyNoDirectory(directory) : undefined;
  if (why !== undefined) complain("units_directory", why);
}

function parseFile<T>(path: string, kind: string, parse: (pem: Buffer) => T): T {
  let pem: Buffer;
  try {
    pem = readFileSync(path);
  } catch (error) {
    throw new Error(inWords(path, error as NodeJS.ErrnoException), { cause: error });
  }
  try {
    return parse(pem);
  } catch (error) {
    throw new Error(`${path} holds no PEM ${kind}`, { cause: error });
  }
}

/** Undefined for a directory, and for nothing at all: fleetd makes it. */
function whyNoDirectory(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined || found.isDirectory() ? undefined : `${path} is not a directory`;
  } catch (error) {
    return inWords(path, error as NodeJS.ErrnoException);
  }
}

function inWords(path: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
      return `${path} does not exist`;
    case "EISDIR":
      return `${path} is a directory, not a file`;
    case "ENOTDIR":
      return `${path} lies below a file`;
    case "EACCES":
      return `${path} may not be read by this user`;
    default:
      return `${path} cannot be read: ${message}`;
  }
}
