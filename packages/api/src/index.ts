export * from "./convert.ts";
export * from "./json.ts";
export * from "./schema.ts";
