declare const unitName: unique symbol;

/** A valid unit name, e.g. `web@1.service`. Only `parseUnitName` makes one. */
export type UnitName = string & { readonly [unitName]: true };
