import type { Option } from "commander";

import { booleanFlag } from "../flags/flag.ts";

export interface CreationOptions {
  readonly replace: boolean;
}

/** The flags of every command that may bring a unit file into the cluster. */
export function creationFlags(): readonly Option[] {
  return [
    booleanFlag("replace", "Replace the unit file in the cluster with the one on this machine"),
    booleanFlag("sign", "Accepted and ignored: units are no longer signed"),
  ];
}
