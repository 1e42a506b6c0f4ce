import { createHash } from "node:crypto";

import { serialiseUnitFile } from "./serialise-unit-file.ts";
import type { UnitFile } from "./unit-file.ts";

declare const hashBrand: unique symbol;

/** SHA-1 of a unit file's canonical text: 40 lower-case hex digits. */
export type UnitHash = string & { readonly [hashBrand]: true };

const SHORT_HASH_CHARS = 7;

/**
 * Tells two versions of a unit file apart: equal hashes, same file. The name plays no part. `file`
 * is hashed as given; normalise what comes from outside first.
 */
export function unitHash(file: UnitFile): UnitHash {
  return createHash("sha1").update(serialiseUnitFile(file)).digest("hex") as UnitHash;
}

/** The first seven digits, as `fleetctl list-unit-files` shows them. */
export function shortHash(hash: string): string {
  return hash.slice(0, SHORT_HASH_CHARS);
}
