import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { FileContent } from "./machine-root.ts";
import { NODE_INSIDE, PROJECT_DIRECTORY, PROJECT_INSIDE } from "./project.ts";

/** A setting of fleet.conf; a list becomes `["a","b"]`. */
export type FleetSetting = string | number | boolean | readonly string[];

export type FleetConf = Readonly<Record<string, FleetSetting>>;

/** The TCP port of every fleetd in a rig. */
export const FLEET_PORT = 49_153;

/** Units to enable on a machine that is part of a cluster. */
export const FLEET_UNITS: readonly string[] = ["fleet.socket", "fleet.service"];

const UNIT_DIRECTORY = "/etc/systemd/system";

/** What makes a machine part of a cluster: the daemon's own units as we ship them, its settings, its programs. */
export function fleetFiles(
  conf: FleetConf,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, FileContent>> {
  const assignments = Object.entries(environment).map(
    ([name, value]) => `Environment="${name}=${value}"\n`,
  );
  return {
    "/etc/fleet/fleet.conf": { text: fleetConfText(conf), mode: 0o600 },
    [`${UNIT_DIRECTORY}/fleet.service`]: shipped("fleet.service"),
    [`${UNIT_DIRECTORY}/fleet.socket`]: shipped("fleet.socket"),
    [`${UNIT_DIRECTORY}/fleet.service.d/rig.conf`]: `[Service]\n${assignments.join("")}`,
    [`${UNIT_DIRECTORY}/fleet.socket.d/rig.conf`]: `[Socket]
ListenStream=${FLEET_PORT}
SocketGroup=core
`,
    "/usr/local/bin/fleetd": program("fleetd"),
    "/usr/local/bin/fleetctl": program("fleetctl"),
  };
}

/** One `key=value` a setting. */
export function fleetConfText(conf: FleetConf): string {
  const lines = Object.entries(conf).map(([key, value]) => `${key}=${settingText(value)}\n`);
  return lines.join("");
}

function settingText(value: FleetSetting): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

function shipped(unit: string): string {
  return readFileSync(join(PROJECT_DIRECTORY, "units", unit), "utf8");
}

function program(name: string): FileContent {
  const script = `#!/bin/sh
exec ${NODE_INSIDE} ${PROJECT_INSIDE}/packages/${name}/bin/${name}.js "$@"
`;
  return { text: script, mode: 0o755 };
}
