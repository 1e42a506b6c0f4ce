import type { TSchema } from "typebox";

import {
  ANY_ANSWERS,
  type DescribedAnswer,
  METRICS,
  type Operation,
  OPERATIONS,
  QUERY,
  type QueryName,
} from "./operations.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The OpenAPI 3.1 document of API v1 as text: the operations under `root` and `/metrics`. `version` is that of the
 * fleetd which serves it.
 */
export function openApiText(version: string, root: string): string {
  const entities = new Map<string, Json>();
  const paths = new Map<string, Json>();
  for (const [operationId, operation] of Object.entries(OPERATIONS)) {
    const path = root + operation.path;
    const described = describe(operationId, operation, entities);
    paths.set(path, { ...paths.get(path), [operation.method.toLowerCase()]: described });
  }
  paths.set(METRICS.path, { get: describe("getMetrics", METRICS, entities) });
  const byName = [...entities].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const document = {
    openapi: "3.1.0",
    info: { title: "fleet API", version, description: ABOUT },
    servers: [{ url: "/" }],
    security: [],
    paths: Object.fromEntries(paths),
    components: { schemas: Object.fromEntries(byName) },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

const ABOUT = [
  "The HTTP API of fleet 1.0.0. `/v1-alpha` is another name for `/fleet/v1`.",
  "A path with an empty, `.` or `..` segment is answered 301 with the clean one, any other unknown path 404,",
  "a method that a resource does not support 405 (400 by discovery), an Expect other than 100-continue 417; these and the",
  "answers below that are no success have an Error as their body. What is not HTTP, comes too slowly or has headers of",
  "more than 16 KiB is answered 400, 408 or 431 in plain text, and the connection is closed. Clients ignore keys that",
  "they do not know.",
].join(" ");

function describe(operationId: string, operation: Operation, entities: Map<string, Json>): Json {
  const { path, summary, query = [], body, answers } = operation;
  const parameters = [
    ...(path.includes("{name}") ? [UNIT_NAME] : []),
    ...query.map(queryParameter),
  ];
  return {
    operationId,
    summary,
    tags: [path.split("/")[1]],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { [JSON_TYPE]: media(body, entities) } } }),
    responses: responsesOf(answers, entities),
  };
}

const JSON_TYPE = "application/json";
const STRING = { type: "string" } as const;
const UNIT_NAME = { name: "name", in: "path", required: true, schema: STRING } as const;

function queryParameter(name: QueryName): Json {
  return { name, in: "query", description: QUERY[name], schema: STRING };
}

function responsesOf(
  answers: Readonly<Record<number, DescribedAnswer>>,
  entities: Map<string, Json>,
): Json {
  const all = Object.entries({ ...answers, ...ANY_ANSWERS });
  return Object.fromEntries(
    all.map(([status, { description, json, text }]) => {
      const content = {
        ...(json === undefined ? {} : { [JSON_TYPE]: media(json, entities) }),
        ...(text === undefined ? {} : { "text/plain": { schema: STRING } }),
      };
      const hasBody = Object.keys(content).length > 0;
      return [status, { description, ...(hasBody ? { content } : {}) }];
    }),
  );
}

function media(schema: TSchema, entities: Map<string, Json>): Json {
  return { schema: withReferences(schema, entities) };
}

/** A schema in which every entity, known by its title, is a reference; the entities are added to `entities`. */
function withReferences(node: unknown, entities: Map<string, Json>): unknown {
  if (Array.isArray(node)) return node.map((one) => withReferences(one, entities));
  if (typeof node !== "object" || node === null) return node;
  const { title, ...rest } = node as { readonly title?: unknown };
  const plain = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, withReferences(value, entities)]),
  );
  if (typeof title !== "string") return plain;
  entities.set(title, plain);
  return { $ref: `#/components/schemas/${title}` };
}
