import { type TSchema, Type } from "typebox";

import {
  DropFilePageWire,
  ErrorWire,
  MachinePageWire,
  MetadataOperationsWire,
  ReportsWire,
  UnitPageWire,
  UnitRequestWire,
  UnitStatePageWire,
  UnitStateWire,
  UnitWire,
  WaitingWire,
  HeldMovesWire,
} from "../schema.ts";

/** One call of the API. What is served and what the OpenAPI document says both come from this. */
export interface Operation {
  readonly method: "GET" | "PUT" | "DELETE" | "PATCH";
  /** Behind the root; the one parameter that there may be is `{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly query?: readonly QueryName[];
  /** A JSON body, which must be there. */
  readonly body?: TSchema;
  /** By status. What every operation may answer besides is in {@link ANY_ANSWERS}. */
  readonly answers: Readonly<Record<number, DescribedAnswer>>;
}

export interface DescribedAnswer {
  readonly description: string;
  /** Absent when there is no body. */
  readonly json?: TSchema;
  /** Set where the body may be plain text instead of JSON. */
  readonly text?: true;
}

export type QueryName = keyof typeof QUERY;

/** What may stand behind the `?`. Of several values of a filter the first counts, "" is none. */
export const QUERY = {
  nextPageToken: "The token of the page before; the first page without it. At most once.",
  unitName: "Only states of this unit.",
  machineID: "Only states on this machine.",
} as const;

const error = (description: string): DescribedAnswer => ({ description, json: ErrorWire });
const BAD_TOKEN = error("The page token cannot be used; the message says why.");
/** A path that cannot be percent-decoded is found before there is a resource to answer. */
const BAD_PATH: DescribedAnswer = { description: "The path cannot be decoded.", text: true };
const STORE_FAILED = error("etcd did not do what was asked. The log of fleetd says why.");
const TOO_LARGE = error("The body has more than 1 MiB; what is left of it is read and dropped.");
const NO_UNIT = error("There is no such unit.");

/** What any operation answers while this machine is not registered. */
export const ANY_ANSWERS = { 503: error("This machine is not registered in etcd (yet).") } as const;

export const OPERATIONS = {
  listUnits: {
    method: "GET",
    path: "/units",
    summary: "A page of units, by name",
    query: ["nextPageToken"],
    answers: {
      200: { description: "A page.", json: UnitPageWire },
      400: BAD_TOKEN,
      500: STORE_FAILED,
    },
  },
  getUnit: {
    method: "GET",
    path: "/units/{name}",
    summary: "One unit",
    answers: {
      200: { description: "The unit.", json: UnitWire },
      400: BAD_PATH,
      404: NO_UNIT,
      500: STORE_FAILED,
    },
  },
  putUnit: {
    method: "PUT",
    path: "/units/{name}",
    summary: "Creates a unit, replaces its file, or changes what is wished of it",
    body: UnitRequestWire,
    answers: {
      201: { description: "The unit was created, or its file replaced." },
      204: { description: "What is wished of the unit was set." },
      400: { ...error("The name, the body or the unit file is wrong."), text: true },
      409: error("The unit needs options to be created, or a desiredState to be changed."),
      413: TOO_LARGE,
      415: error("There is not exactly one Content-Type, or it is not JSON."),
      500: STORE_FAILED,
    },
  },
  destroyUnit: {
    method: "DELETE",
    path: "/units/{name}",
    summary: "Destroys a unit",
    answers: {
      204: { description: "The unit is gone. Its machine stops it soon after." },
      400: BAD_PATH,
      404: NO_UNIT,
      500: STORE_FAILED,
    },
  },
  listStates: {
    method: "GET",
    path: "/state",
    summary: "A page of what systemd says, by unit, then by machine",
    query: ["nextPageToken", "unitName", "machineID"],
    answers: {
      200: { description: "A page.", json: UnitStatePageWire },
      400: BAD_TOKEN,
      500: STORE_FAILED,
    },
  },
  getState: {
    method: "GET",
    path: "/state/{name}",
    summary: "What systemd says of one unit, on the first of its machines",
    answers: {
      200: { description: "The state.", json: UnitStateWire },
      400: BAD_PATH,
      404: error(
        "No state of that unit is known. A client whose User-Agent begins with google-api-go-client/ gets no answer: " +
          "the connection is closed.",
      ),
      500: STORE_FAILED,
    },
  },
  getWaiting: {
    method: "GET",
    path: "/waiting/{name}",
    summary: "Why a unit that is wanted runs nowhere, as the leading engine last found",
    answers: {
      200: { description: "The reasons, with how many machines have each.", json: WaitingWire },
      400: BAD_PATH,
      404: error("Nothing is known to be in the unit's way: it is placed, at rest or not there."),
      500: STORE_FAILED,
    },
  },
  getReports: {
    method: "GET",
    path: "/reports/{name}",
    summary: "How a unit fares on each of its machines: its last error, how its last run went",
    query: ["machineID"],
    answers: {
      200: { description: "One report for each machine.", json: ReportsWire },
      400: BAD_PATH,
      404: error("No machine says anything of the unit."),
      500: STORE_FAILED,
    },
  },
  getHeldMoves: {
    method: "GET",
    path: "/held-moves",
    summary: "The machines whose units do not move, because too many were lost together",
    answers: {
      200: { description: "Their IDs; none when nothing is held.", json: HeldMovesWire },
      500: STORE_FAILED,
    },
  },
  resumeMoves: {
    method: "DELETE",
    path: "/held-moves",
    summary: "Gives these machines up, so that their units move",
    answers: {
      200: { description: "Those that were given up, having not returned.", json: HeldMovesWire },
      500: STORE_FAILED,
    },
  },
  listDropFiles: {
    method: "GET",
    path: "/drop-files",
    summary: "A page of what became of the files in drop directories, by machine, then by name",
    query: ["nextPageToken"],
    answers: {
      200: { description: "A page.", json: DropFilePageWire },
      400: BAD_TOKEN,
      500: STORE_FAILED,
    },
  },
  listMachines: {
    method: "GET",
    path: "/machines",
    summary: "A page of the machines that are present, by ID",
    query: ["nextPageToken"],
    answers: {
      200: { description: "A page.", json: MachinePageWire },
      400: BAD_TOKEN,
      500: STORE_FAILED,
    },
  },
  patchMachines: {
    method: "PATCH",
    path: "/machines",
    summary: "Sets and removes metadata of machines",
    body: MetadataOperationsWire,
    answers: {
      204: { description: "All operations were carried out." },
      400: error("An operation is wrong; none was carried out."),
      413: TOO_LARGE,
      500: error("An operation failed, for the reason given; those before it were carried out."),
    },
  },
  getDiscovery: {
    method: "GET",
    path: "/discovery",
    summary: "fleet 1.0.0's own description of this API",
    answers: { 200: { description: "A Google API discovery document.", json: Type.Object({}) } },
  },
  getOpenApi: {
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    answers: { 200: { description: "An OpenAPI 3.1 document.", json: Type.Object({}) } },
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof OPERATIONS;

/** Outside the root, and any other method is answered like this one. */
export const METRICS: Operation = {
  method: "GET",
  path: "/metrics",
  summary: "Metrics for Prometheus; any other method is answered alike",
  answers: {
    200: { description: "Prometheus' text format.", text: true },
    500: error("The metrics could not be collected."),
  },
};
