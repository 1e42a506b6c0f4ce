/**
 * What {@link jsonText} can write. A key whose value is `undefined` is left out. A map is written like
 * an object, but keeps the order of all its keys: an object moves those that look like numbers.
 */
export type JsonInput =
  | string
  | number
  | boolean
  | readonly JsonInput[]
  | ReadonlyMap<string, JsonInput>
  | { readonly [key: string]: JsonInput | undefined };

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', String.raw`\"`],
  ["\\", String.raw`\\`],
  ["\n", String.raw`\n`],
  ["\r", String.raw`\r`],
  ["\t", String.raw`\t`],
]);

/**
 * Compact JSON as fleet 1.0.0 writes it: keys in the order given, and besides what JSON demands also
 * `<`, `>`, `&`, U+2028 and U+2029 escaped. Scripts compare whole bodies, so the spelling counts.
 */
export function jsonText(value: JsonInput): string {
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(jsonText).join(",")}]`;
  const members: string[] = [];
  for (const [key, member] of value instanceof Map ? value : Object.entries(value)) {
    if (member !== undefined) members.push(`${quote(key)}:${jsonText(member)}`);
  }
  return `{${members.join(",")}}`;
}

/** `text`, or `undefined` where fleet leaves the key out: when it is "". */
export function unlessEmpty(text: string): string | undefined {
  return text === "" ? undefined : text;
}

function isList(value: object): value is readonly JsonInput[] {
  return Array.isArray(value);
}

function quote(text: string): string {
  // oxlint-disable-next-line no-control-regex -- JSON demands that control characters are escaped
  const escaped = text.replace(/["\\<>&\u2028\u2029\u0000-\u001f]|\p{Surrogate}/gu, escape);
  return `"${escaped}"`;
}

function escape(character: string): string {
  if (/\p{Surrogate}/u.test(character)) return "\uFFFD";
  const short = ESCAPES.get(character);
  if (short !== undefined) return short;
  return String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
