import { type Static, Type } from "typebox";

// The entities of API v1 with fleet's own names. Keys stand in the order in which fleet writes them; a string that
// is "", a list without entries and a map without keys are left out of the text.

export const TargetStateWire = Type.Union([
  Type.Literal("inactive"),
  Type.Literal("loaded"),
  Type.Literal("launched"),
]);

/** One line of a unit file. */
export const UnitOptionWire = Type.Object({
  name: Type.Optional(Type.String()),
  section: Type.Optional(Type.String()),
  value: Type.Optional(Type.String()),
});
export type UnitOptionWire = Static<typeof UnitOptionWire>;

/** A unit: what was submitted, what is wished, where it is and how far it got. */
export const UnitWire = Type.Object({
  currentState: Type.Optional(TargetStateWire),
  desiredState: Type.Optional(TargetStateWire),
  machineID: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  options: Type.Optional(Type.Array(UnitOptionWire)),
});
export type UnitWire = Static<typeof UnitWire>;

/** What one machine's systemd says of one unit. */
export const UnitStateWire = Type.Object({
  hash: Type.Optional(Type.String()),
  machineID: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  systemdActiveState: Type.Optional(Type.String()),
  systemdLoadState: Type.Optional(Type.String()),
  systemdSubState: Type.Optional(Type.String()),
});
export type UnitStateWire = Static<typeof UnitStateWire>;

/** A machine that is present, with the metadata that placement sees. */
export const MachineWire = Type.Object({
  id: Type.Optional(Type.String()),
  metadata: Type.Optional(Type.Record(Type.String(), Type.String())),
  primaryIP: Type.Optional(Type.String()),
});
export type MachineWire = Static<typeof MachineWire>;

export const UnitPageWire = Type.Object({
  nextPageToken: Type.Optional(Type.String()),
  units: Type.Optional(Type.Array(UnitWire)),
});
export type UnitPageWire = Static<typeof UnitPageWire>;

export const UnitStatePageWire = Type.Object({
  nextPageToken: Type.Optional(Type.String()),
  states: Type.Optional(Type.Array(UnitStateWire)),
});
export type UnitStatePageWire = Static<typeof UnitStatePageWire>;

export const MachinePageWire = Type.Object({
  machines: Type.Optional(Type.Array(MachineWire)),
  nextPageToken: Type.Optional(Type.String()),
});
export type MachinePageWire = Static<typeof MachinePageWire>;

/** The body of every answer that is not a success. `code` repeats the HTTP status. */
export const ErrorWire = Type.Object({
  error: Type.Object({ code: Type.Integer(), message: Type.String() }),
});
export type ErrorWire = Static<typeof ErrorWire>;

/** One step of `PATCH /machines`; `path` is `/<machine ID>/metadata/<key>`. */
export const MetadataOperationWire = Type.Object({
  op: Type.Union([Type.Literal("add"), Type.Literal("remove"), Type.Literal("replace")]),
  path: Type.String(),
  value: Type.Optional(Type.Object({ value: Type.String() })),
});
export type MetadataOperationWire = Static<typeof MetadataOperationWire>;
