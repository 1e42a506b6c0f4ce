import { existsSync } from "node:fs";

/**
 * Which systemd to drive: the machine's, the calling person's own, or the one behind a message bus
 * at an address such as `unix:path=/run/dbus/system_bus_socket`.
 */
export type BusChoice = "system" | "user" | `unix:${string}`;

/** Where to connect to, and what answers there. */
export interface Endpoint {
  readonly address: string;
  /** `bus`: a message bus between us and systemd; `systemd`: systemd itself, with no bus. */
  readonly peer: "bus" | "systemd";
}

const SYSTEM_BUS = "/run/dbus/system_bus_socket";
const SYSTEM_PRIVATE = "/run/systemd/private";

/**
 * Prefers systemd's own socket, as systemctl does: it works without a bus and on a machine that is
 * shutting down, is about twice as fast, and is free of the bus's limits on replies and jobs.
 */
export function endpointOf(choice: BusChoice, uid: number): Endpoint {
  if (choice === "system" && uid === 0) return preferDirect(SYSTEM_PRIVATE, SYSTEM_BUS);
  if (choice === "system") return { address: `unix:path=${SYSTEM_BUS}`, peer: "bus" };
  if (choice !== "user") return { address: choice, peer: "bus" };
  return preferDirect(`/run/user/${uid}/systemd/private`, `/run/user/${uid}/bus`);
}

function preferDirect(direct: string, bus: string): Endpoint {
  return existsSync(direct)
    ? { address: `unix:path=${direct}`, peer: "systemd" }
    : { address: `unix:path=${bus}`, peer: "bus" };
}
