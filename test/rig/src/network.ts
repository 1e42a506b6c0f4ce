import { run, runOk } from "./command.ts";
import type { Ledger } from "./ledger.ts";
import { RigError } from "./rig-error.ts";
import { linkExists } from "./teardown.ts";

/** A rig's own bridge. Nothing routes out of it: machines reach each other and the host's address, and no further. */
export interface Network {
  readonly bridge: string;
  /** The host's own address on the bridge. */
  readonly hostAddress: string;
  /** How many bits of an address are the network's. */
  readonly prefixBits: number;
  /** The address of the machine with this index, 1 to 200. */
  machineAddress(index: number): string;
  /** Takes a machine's link off the bridge and down: packets are lost both ways, nobody is told. */
  cut(link: string): Promise<void>;
  /** Puts it back. */
  heal(link: string): Promise<void>;
}

/** Private ranges a rig takes its /24 from: the first that no route of the host overlaps. */
const RANGES: readonly string[] = ["172.30", "10.213", "172.21", "10.87", "192.168"];
const PREFIX_BITS = 24;
const FIRST_MACHINE = 10;

/** The bridge that the rig with this number makes. */
export function bridgeName(rigNumber: number): string {
  return `fleet-r${rigNumber}`;
}

/** Whether the rig with this number can have its bridge. */
export function isBridgeFree(rigNumber: number): boolean {
  return !linkExists(bridgeName(rigNumber));
}

/**
 * The host's hardware address on the bridge. Without one of its own a bridge borrows that of a
 * port, and a machine that goes takes it along: the others then talk to nobody until ARP gives up.
 */
function hostMac(rigNumber: number): string {
  const [high, low] = [rigNumber >> 8, rigNumber & 0xff];
  const digits = [high & 0xff, low].map((byte) => byte.toString(16).padStart(2, "0"));
  return `02:66:6c:65:${digits.join(":")}`;
}

/**
 * Makes the rig's bridge and gives the host an address on it.
 * @throws {RigError} when every range is in use on this host, or links cannot be made here.
 */
export async function createNetwork(ledger: Ledger): Promise<Network> {
  const bridge = bridgeName(ledger.number);
  const prefix = await freePrefix(ledger.number);
  const hostAddress = `${prefix}.1`;
  ledger.record({ kind: "link", name: bridge });
  await runOk(["ip", "link", "add", bridge, "address", hostMac(ledger.number), "type", "bridge"]);
  const address = `${hostAddress}/${PREFIX_BITS}`;
  await runOk(["ip", "address", "add", address, "dev", bridge]);
  await runOk(["ip", "link", "set", bridge, "up"]);
  return {
    bridge,
    hostAddress,
    prefixBits: PREFIX_BITS,
    machineAddress: (index) => `${prefix}.${FIRST_MACHINE + index}`,
    cut: async (link) => {
      await runOk(["ip", "link", "set", link, "nomaster", "down"]);
    },
    heal: async (link) => {
      await runOk(["ip", "link", "set", link, "master", bridge, "up"]);
    },
  };
}

async function freePrefix(rigNumber: number): Promise<string> {
  const routes = await hostRoutes();
  const prefixes = RANGES.map((range) => `${range}.${rigNumber}`);
  const free = prefixes.find((prefix) => !routes.some((route) => overlaps(route, prefix)));
  if (free === undefined) throw new RigError(`no free network of ${prefixes.join(".0/24 ")}.0/24`);
  return free;
}

/** Destinations the host knows a way to, the default route left out. */
async function hostRoutes(): Promise<readonly string[]> {
  const { stdout } = await run(["ip", "-4", "route", "show", "table", "all"]);
  const words = stdout.split("\n").map((line) => line.split(" "));
  const destinations = words.map(([first = "", second = ""]) => {
    return ["local", "broadcast", "unreachable", "blackhole"].includes(first) ? second : first;
  });
  return destinations.filter((destination) => /^\d/.test(destination));
}

/** Whether a route such as `172.16.0.0/12` and the /24 `prefix.0` have an address in common. */
export function overlaps(route: string, prefix: string): boolean {
  const [address = "", bits = "32"] = route.split("/");
  const sharedBits = Math.min(Number(bits), PREFIX_BITS);
  if (sharedBits === 0) return false;
  const shift = 32 - sharedBits;
  return asNumber(address) >>> shift === asNumber(`${prefix}.0`) >>> shift;
}

function asNumber(address: string): number {
  const bytes = address.split(".").map(Number);
  return [0, 1, 2, 3].reduce((sum, index) => ((sum << 8) | (bytes[index] ?? 0)) >>> 0, 0);
}
