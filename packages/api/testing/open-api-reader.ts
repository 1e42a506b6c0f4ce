import { Compile } from "typebox/schema";

import type { RawAnswer } from "./raw-http.ts";

type Json = Readonly<Record<string, unknown>>;

interface Described {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: Json }>>;

/** An OpenAPI document as far as a client needs it to know what it may send and will get. */
export class OpenApiReader {
  readonly document: Json;
  readonly #operations = new Map<string, Described>();
  /** `METHOD PATH`, by operation. */
  readonly lines = new Map<string, string>();

  constructor(text: string) {
    this.document = JSON.parse(text) as Json;
    for (const [path, methods] of Object.entries(this.document["paths"] as Json)) {
      for (const [method, described] of Object.entries(methods as Record<string, Described>)) {
        this.#operations.set(described.operationId, described);
        this.lines.set(described.operationId, `${method.toUpperCase()} ${path}`);
      }
    }
  }

  /** `OPERATION STATUS` of all answers that are documented. */
  answers(): readonly string[] {
    return [...this.#operations].flatMap(([id, { responses }]) =>
      Object.keys(responses).map((status) => `${id} ${status}`),
    );
  }

  /** What is wrong with an answer by this document, a line each. A key that it does not mention is wrong, too. */
  problemsOf(operationId: string, answer: RawAnswer): readonly string[] {
    const response = this.#operations.get(operationId)?.responses[answer.status];
    if (response === undefined) return [`${operationId}: ${answer.status} is not documented`];
    const { content } = response;
    if (content === undefined) return answer.body === "" ? [] : [`a body: ${answer.body}`];
    const [type = ""] = (answer.headers.get("Content-Type") ?? "").split(";");
    const media = content[type];
    if (media === undefined) return [`${operationId} ${answer.status}: type ${type}`];
    return this.#check(media.schema, type.endsWith("json") ? JSON.parse(answer.body) : answer.body);
  }

  /** What is wrong with a JSON body that is sent. */
  problemsOfBody(operationId: string, body: unknown): readonly string[] {
    const content = this.#operations.get(operationId)?.requestBody?.content["application/json"];
    return content === undefined ? ["no body is documented"] : this.#check(content.schema, body);
  }

  #check(schema: Json, value: unknown): readonly string[] {
    const components = closed(this.document["components"]);
    const [, errors] = Compile({ components, ...(closed(schema) as Json) }).Errors(value);
    return errors.map(({ instancePath, message }) => `${instancePath}: ${message}`);
  }
}

/** The same schema, but objects have no other keys than those it names. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== "object" || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const { type, properties } = node as Json;
  const isNamed = type === "object" && Object.keys(properties ?? {}).length > 0;
  return isNamed ? { ...copy, additionalProperties: false } : copy;
}
