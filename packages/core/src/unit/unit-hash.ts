declare const unitHash: unique symbol;

/** SHA-1 of a unit file's canonical text: 40 lower-case hex digits (compat/units.md section 4). */
export type UnitHash = string & { readonly [unitHash]: true };
