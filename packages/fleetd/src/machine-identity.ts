import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { ConfigError, type Logger, type Machine, type MachineId } from "@fleet/core";
import type { Config } from "./config/settings.ts";
import { VERSION } from "./version.ts";

const MACHINE_ID_FILE = "/etc/machine-id";
const ROUTES_FILE = "/proc/net/route";

/**
 * Who this machine is, read afresh: its ID, its address and what the configuration says of it.
 * @throws {ConfigError} when the machine has no ID.
 */
export function describeMachine(config: Config): Machine {
  return {
    id: machineId(),
    publicIp: config.public_ip === "" ? detectPublicIp() : config.public_ip,
    hostname: hostname(),
    metadata: config.metadata,
    version: VERSION,
    engineDisabled: config.disable_engine,
  };
}

/** The same, telling in fleet's words what is wrong. @throws {ConfigError} */
export function machineAtStart(config: Config, log: Logger): Machine {
  try {
    return describeMachine(config);
  } catch (error) {
    log.error({}, `Error retrieving machineID: ${(error as Error).message}`);
    log.warn({}, "Unable to refresh machine state");
    throw error;
  }
}

function machineId(): MachineId {
  const id = readOrEmpty(MACHINE_ID_FILE).trim();
  if (id === "")
    throw new ConfigError([
      `unable to determine local machine ID: ${MACHINE_ID_FILE} is missing or empty`,
    ]);
  return id as MachineId;
}

/** The first address of the interface with the default route that others can reach; "" if none. */
function detectPublicIp(): string {
  const iface = defaultInterface(readOrEmpty(ROUTES_FILE));
  const addresses = iface === undefined ? [] : (networkInterfaces()[iface] ?? []);
  return (
    addresses.find(({ family, address }) => family === "IPv4" && isGlobalUnicast(address))
      ?.address ?? ""
  );
}

/** `table` is the kernel's IPv4 routing table: interface, destination, …, one route a line. */
export function defaultInterface(table: string): string | undefined {
  const routes = table
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"));
  return routes.find(
    ([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000",
  )?.[0];
}

/** Private ranges count; loopback, link-local and multicast do not (as in fleet). */
export function isGlobalUnicast(address: string): boolean {
  const [a = 0, b = 0] = address.split(".").map(Number);
  return a !== 0 && a !== 127 && !(a === 169 && b === 254) && a < 224;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
