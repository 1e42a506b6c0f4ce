import { type Static, Type } from "typebox";

// The entities of API v1 with fleet's own names. Keys stand in the order in which fleet writes them; a string that
// is "", a list without entries and a map without keys are left out of the text. A title is an entity's name in the
// OpenAPI document.

export const TargetStateWire = Type.Enum(["inactive", "loaded", "launched"], {
  title: "TargetState",
  description: "Not on any machine, on a machine without being started, or started.",
});

/** One line of a unit file. */
export const UnitOptionWire = Type.Object(
  {
    name: Type.Optional(Type.String({ description: "What stands before the `=`." })),
    section: Type.Optional(Type.String({ description: "Without its brackets." })),
    value: Type.Optional(Type.String({ description: "What stands behind the `=`." })),
  },
  { title: "UnitOption", description: "One line of a unit file." },
);
export type UnitOptionWire = Static<typeof UnitOptionWire>;

const OptionsWire = Type.Array(UnitOptionWire, { description: "The lines of the unit file." });

/** A unit: what was submitted, what is wished, where it is and how far it got. */
export const UnitWire = Type.Object(
  {
    currentState: TargetStateWire,
    desiredState: TargetStateWire,
    machineID: Type.Optional(
      Type.String({ description: "Where the unit was placed; absent for a global unit." }),
    ),
    name: Type.String(),
    options: Type.Optional(OptionsWire),
  },
  { title: "Unit", description: "What is wished of a unit, where it is and how far it got." },
);
export type UnitWire = Static<typeof UnitWire>;

/** What `PUT /units/{name}` asks for. */
export const UnitRequestWire = Type.Object(
  {
    currentState: Type.Optional(Type.String({ description: "Means nothing here." })),
    desiredState: Type.Optional(TargetStateWire),
    machineID: Type.Optional(Type.String({ description: "Means nothing here." })),
    name: Type.Optional(Type.String({ description: "The one in the path, where it is given." })),
    options: Type.Optional(OptionsWire),
  },
  { title: "UnitRequest", description: "A unit file, what is wished of its unit, or both." },
);
export type UnitRequestWire = Static<typeof UnitRequestWire>;

/** What one machine's systemd says of one unit. */
export const UnitStateWire = Type.Object(
  {
    hash: Type.Optional(Type.String({ description: "The version of the unit file." })),
    machineID: Type.Optional(Type.String()),
    name: Type.String(),
    systemdActiveState: Type.Optional(Type.String()),
    systemdLoadState: Type.Optional(Type.String()),
    systemdSubState: Type.Optional(Type.String()),
  },
  { title: "UnitState", description: "What systemd says of a unit on one machine." },
);
export type UnitStateWire = Static<typeof UnitStateWire>;

/** What several machines have against a unit. */
const WaitingReasonWire = Type.Object({
  count: Type.Integer({ description: "How many machines say so." }),
  machines: Type.Array(Type.String(), { description: "The first three of them, by ID." }),
  reason: Type.String({ description: "For people, with the facts in it." }),
  rule: Type.String({ description: "machine-id, metadata, peer, conflict or replaces." }),
});
export type WaitingReasonWire = Static<typeof WaitingReasonWire>;

/** Why a unit that is wanted runs nowhere. fleet 1.0.0 does not tell. */
export const WaitingWire = Type.Object(
  {
    machines: Type.Integer({ description: "How many were asked; 0 when none was present." }),
    name: Type.String(),
    reasons: Type.Array(WaitingReasonWire, {
      description: "The most frequent first, at most eight.",
    }),
  },
  { title: "Waiting", description: "What the present machines have against a unit." },
);
export type WaitingWire = Static<typeof WaitingWire>;

/** What one machine says of a unit, as far as it has a word for it. */
const ReportWire = Type.Object({
  activeState: Type.String({ description: "systemd's word, as are loadState and subState." }),
  currentState: TargetStateWire,
  error: Type.Optional(
    Type.String({ description: "Why the last attempt on that machine failed, for people." }),
  ),
  exitSignal: Type.Optional(Type.Integer({ description: "What killed a service's process." })),
  exitStatus: Type.Optional(Type.Integer({ description: "How a service's process ended." })),
  hash: Type.String({ description: "The version of the unit file." }),
  leaving: Type.Optional(
    Type.Literal(true, {
      description: "It was moved off this machine, and stays until it runs on the new one.",
    }),
  ),
  loadState: Type.String(),
  machineID: Type.String(),
  restarts: Type.Optional(
    Type.Integer({ description: "How often systemd has started it again by itself." }),
  ),
  result: Type.Optional(Type.String({ description: "systemd's word for how the last run went." })),
  since: Type.Optional(
    Type.Integer({ description: "When this state began, in milliseconds since 1970." }),
  ),
  skipped: Type.Optional(
    Type.Literal(true, {
      description: "A condition in its file kept it from being started; that is no failure.",
    }),
  ),
  subState: Type.String(),
});
export type ReportWire = Static<typeof ReportWire>;

/** How a unit fares on each of its machines. fleet 1.0.0 tells only systemd's three states. */
export const ReportsWire = Type.Object(
  {
    name: Type.String(),
    reports: Type.Array(ReportWire, { description: "By machine ID, at most a thousand." }),
  },
  { title: "Reports", description: "All that the machines of a unit say of it." },
);
export type ReportsWire = Static<typeof ReportsWire>;

/** Machines whose units do not move. fleet 1.0.0 has nothing of the kind. */
export const HeldMovesWire = Type.Object(
  { machines: Type.Array(Type.String(), { description: "Their IDs, in order." }) },
  {
    title: "HeldMoves",
    description: "Machines that were lost together with so many that none of their units moves.",
  },
);
export type HeldMovesWire = Static<typeof HeldMovesWire>;

/** A machine that is present, with the metadata that placement sees. */
export const MachineWire = Type.Object(
  {
    id: Type.String(),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "What the machine's configuration says, overridden by what was set here.",
      }),
    ),
    primaryIP: Type.Optional(Type.String()),
  },
  { title: "Machine", description: "A machine that is present." },
);
export type MachineWire = Static<typeof MachineWire>;

/** What became of a file in a machine's drop directory; an entity of ours. */
export const DropFileWire = Type.Object(
  {
    desiredState: Type.Optional(TargetStateWire),
    hash: Type.Optional(
      Type.String({ description: "The version of the file that had effect last." }),
    ),
    machineID: Type.String(),
    name: Type.String({ description: "The file's name, which is its unit's." }),
    problem: Type.Optional(
      Type.String({ description: "Why the file has no effect as it is; absent when it has." }),
    ),
  },
  { title: "DropFile", description: "What became of a file in a machine's drop directory." },
);
export type DropFileWire = Static<typeof DropFileWire>;

const nextPageToken = Type.Optional(
  Type.String({ description: "Leads to the next page; absent when there is none." }),
);

export const UnitPageWire = Type.Object(
  { nextPageToken, units: Type.Optional(Type.Array(UnitWire)) },
  { title: "UnitPage", description: "Units by name." },
);
export type UnitPageWire = Static<typeof UnitPageWire>;

export const UnitStatePageWire = Type.Object(
  { nextPageToken, states: Type.Optional(Type.Array(UnitStateWire)) },
  { title: "UnitStatePage", description: "States by unit, then by machine." },
);
export type UnitStatePageWire = Static<typeof UnitStatePageWire>;

export const MachinePageWire = Type.Object(
  { machines: Type.Optional(Type.Array(MachineWire)), nextPageToken },
  { title: "MachinePage", description: "Machines by ID." },
);
export type MachinePageWire = Static<typeof MachinePageWire>;

export const DropFilePageWire = Type.Object(
  { dropFiles: Type.Optional(Type.Array(DropFileWire)), nextPageToken },
  { title: "DropFilePage", description: "Dropped files by machine, then by name." },
);
export type DropFilePageWire = Static<typeof DropFilePageWire>;

/** The body of every answer that is not a success. `code` repeats the HTTP status. */
export const ErrorWire = Type.Object(
  {
    error: Type.Object({
      code: Type.Integer({ description: "The HTTP status." }),
      message: Type.String({ description: "May be empty." }),
    }),
  },
  { title: "Error", description: "Why a request was not served." },
);
export type ErrorWire = Static<typeof ErrorWire>;

/** A machine's ID and a key; neither may be `.` or `..`. */
export const METADATA_PATH = "^/([^/]+)/metadata/([A-Za-z0-9_.-]+)$";

/** One step of `PATCH /machines`. */
export const MetadataOperationWire = Type.Object(
  {
    op: Type.Enum(["add", "remove", "replace"], {
      description: "`add` and `replace` both set the key; `remove` hides it.",
    }),
    path: Type.String({
      description: "`/<machine ID>/metadata/<key>`",
      pattern: METADATA_PATH,
    }),
    value: Type.Optional(
      Type.Object(
        { value: Type.String({ minLength: 1 }) },
        { description: "Needed unless `op` is `remove`." },
      ),
    ),
  },
  { title: "MetadataOperation", description: "Sets or removes one key of one machine." },
);
export type MetadataOperationWire = Static<typeof MetadataOperationWire>;

/** The body of `PATCH /machines`. */
export const MetadataOperationsWire = Type.Array(MetadataOperationWire);
