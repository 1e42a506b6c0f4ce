import { RequirementsError } from "../errors.ts";
import { globMatches } from "../glob.ts";
import { validateMoving } from "./moving.ts";
import { type Requirements, requirementsOf } from "./requirements.ts";
import { normaliseUnitFile } from "./serialise-unit-file.ts";
import type { UnitFile } from "./unit-file.ts";

/** Which needs a unit may not have at once, in the order fleet looks for them. */
const FORBIDDEN_PAIRS = [
  ["MachineID", "Peers"],
  ["MachineID", "Conflicts"],
  ["MachineID", "Global"],
  ["MachineID", "Replaces"],
  ["Global", "Peers"],
  ["Global", "Replaces"],
  ["Conflicts", "Replaces"],
] as const;

/**
 * Checks what may be submitted, on the file as it will be stored. Names
 * play no part, so specifiers are compared as they are written.
 * @throws {UnitFileError} with fleet's text when the options cannot be written and read back.
 * @throws {RequirementsError} with fleet's text for the first contradiction, or that of an option
 * fleet 1.0.0 does not know, or for a value of such an option that cannot be read.
 */
export function validateUnitFile(file: UnitFile): void {
  const normal = normaliseUnitFile(file);
  const requirements = requirementsOf(undefined, normal);
  refuseOwnPeers(requirements);
  const present = {
    MachineID: requirements.machineId !== undefined,
    Peers: requirements.peers.length > 0,
    Conflicts: requirements.conflicts.length > 0,
    Global: requirements.global,
    Replaces: requirements.replaces.length > 0,
  };
  const pair = FORBIDDEN_PAIRS.find(([one, other]) => present[one] && present[other]);
  if (pair !== undefined) throw new RequirementsError(`${pair[0]} cannot be used with ${pair[1]}`);
  validateMoving(normal);
}

/** A unit that must stand beside one that it keeps away could never be placed. */
function refuseOwnPeers({ peers, conflicts, replaces }: Requirements): void {
  for (const peer of peers) {
    refuseMatch(peer, conflicts, "conflict");
    refuseMatch(peer, replaces, "replace");
  }
}

function refuseMatch(peer: string, patterns: readonly string[], kind: string): void {
  const pattern = patterns.find((candidate) => globMatches(candidate, peer));
  if (pattern === undefined) return;
  throw new RequirementsError(
    `unresolvable requirements: peer "${peer}" matches ${kind} "${pattern}"`,
  );
}
