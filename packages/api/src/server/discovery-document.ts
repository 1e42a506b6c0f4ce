const STRING = { type: "string" } as const;
const STATE = { ...STRING, enum: ["inactive", "loaded", "launched"] } as const;
const QUERY = { ...STRING, location: "query" } as const;
const UNIT_NAME = { unitName: { ...STRING, location: "path", required: true } } as const;

/**
 * The document at `/discovery`, byte for byte what fleet 1.0.0 serves: clients are generated from it,
 * so it says what it said, also where that is of no use (`$ENDPOINT`) or incomplete (no PATCH).
 */
export function discoveryText(): string {
  const document = { ...HEAD, schemas: schemas(), resources: resources() };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

const HEAD = {
  kind: "discovery#restDescription",
  discoveryVersion: "v1",
  id: "fleet:v1",
  name: "schema",
  version: "v1",
  title: "fleet API",
  description: "",
  documentationLink: "http://github.com/coreos/fleet",
  protocol: "rest",
  icons: { x16: "", x32: "" },
  labels: [],
  baseUrl: "$ENDPOINT/fleet/v1/",
  basePath: "/fleet/v1/",
  rootUrl: "$ENDPOINT/",
  servicePath: "fleet/v1/",
  batchPath: "batch",
  parameters: {},
  auth: {},
} as const;

function schemas(): object {
  const metadata = { type: "object", properties: {}, additionalProperties: STRING };
  return {
    ...schema("Machine", { id: STRING, primaryIP: STRING, metadata }),
    ...schema("MachinePage", { machines: listOf("Machine"), nextPageToken: STRING }),
    ...schema("UnitOption", { section: STRING, name: STRING, value: STRING }),
    ...schema("Unit", {
      name: STRING,
      options: listOf("UnitOption"),
      desiredState: STATE,
      currentState: STATE,
      machineID: { ...STRING, required: true },
    }),
    ...schema("UnitPage", { units: listOf("Unit"), nextPageToken: STRING }),
    ...schema("UnitState", {
      name: STRING,
      hash: STRING,
      machineID: STRING,
      systemdLoadState: STRING,
      systemdActiveState: STRING,
      systemdSubState: STRING,
    }),
    ...schema("UnitStatePage", { states: listOf("UnitState"), nextPageToken: STRING }),
  };
}

function resources(): object {
  const paged = { nextPageToken: QUERY };
  const filtered = { ...paged, unitName: QUERY, machineID: QUERY };
  return {
    Machines: methods("Machine", {
      List: [pageOf("Machine"), get("machines", paged), answersWith("MachinePage")],
    }),
    Units: methods("Unit", {
      List: [pageOf("Unit"), get("units", paged), answersWith("UnitPage")],
      Get: ["Retrieve a single Unit object.", onUnit("GET", "units"), answersWith("Unit")],
      Delete: ["Delete the referenced Unit object.", onUnit("DELETE", "units"), {}],
      Set: ["Create or update a Unit.", onUnit("PUT", "units"), { request: refTo("Unit") }],
    }),
    UnitState: methods("UnitState", {
      Get: [
        "Retrieve a page of a single UnitState object.",
        onUnit("GET", "state"),
        answersWith("UnitState"),
      ],
      List: [pageOf("UnitState"), get("state", filtered), answersWith("UnitStatePage")],
    }),
  };
}

type Method = readonly [description: string, call: object, bodies: object];

function methods(of: string, table: Readonly<Record<string, Method>>): object {
  const described = Object.entries(table).map(([name, [description, call, bodies]]) => {
    return [name, { id: `fleet.${of}.${name}`, description, ...call, ...bodies }] as const;
  });
  return { methods: Object.fromEntries(described) };
}

function schema(id: string, properties: object): object {
  return { [id]: { id, type: "object", properties } };
}

function listOf(id: string): object {
  return { type: "array", items: refTo(id) };
}

function refTo(id: string): object {
  return { $ref: id };
}

function answersWith(id: string): object {
  return { response: refTo(id) };
}

function pageOf(id: string): string {
  return `Retrieve a page of ${id} objects.`;
}

function get(path: string, parameters: object): object {
  return { httpMethod: "GET", path, parameters };
}

function onUnit(httpMethod: string, collection: string): object {
  const path = `${collection}/{unitName}`;
  return { httpMethod, path, parameters: UNIT_NAME, parameterOrder: ["unitName"] };
}
