/** One `Name=Value` line and the section it stands in. Values may contain `\⏎` (continuation). */
export interface UnitOption {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

/** A unit file as fleet stores, compares and hashes it: its options in order (compat/units.md section 1). */
export type UnitFile = readonly UnitOption[];
