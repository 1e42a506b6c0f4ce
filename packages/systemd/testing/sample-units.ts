import { parseUnitFile, parseUnitName, serialiseUnitFile, unitHash } from "@fleet/core";

import type { FileToInstall } from "../src/unit-manager.ts";

/** What a sample unit does when it is started. */
export type SampleKind = "runs" | "exits" | "skips" | "fails" | "crashes" | "refused" | "lingers";

const SERVICES: Readonly<Record<SampleKind, string>> = {
  runs: "ExecStart=/bin/sleep infinity",
  exits: "Type=oneshot\nExecStart=/bin/true",
  skips: "ExecStart=/bin/sleep infinity\n[Unit]\nConditionPathExists=/nowhere",
  fails: "Type=oneshot\nExecStart=/bin/false",
  crashes: "ExecStart=/bin/false",
  refused: "Type=simple",
  lingers: "Type=oneshot\nExecStart=/bin/sleep infinity",
};

/** A service of the given kind; `extra` is more text for its file, such as an `[Install]` section. */
export function sampleUnit(name: string, kind: SampleKind, extra = ""): FileToInstall {
  return fileOf(name, `[Service]\n${SERVICES[kind]}\n${extra}`);
}

/** A unit file as the registry hands it out: canonical text and its hash. */
export function fileOf(name: string, source: string): FileToInstall {
  const text = serialiseUnitFile(parseUnitFile(source));
  const file = parseUnitFile(text);
  const enable = file.some((option) => option.section === "Install");
  return { unit: parseUnitName(name), hash: unitHash(file), text, enable };
}
