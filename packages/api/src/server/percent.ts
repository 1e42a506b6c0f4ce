import { decodeUtf8 } from "@fleet/core";

const PERCENT = 0x25;

/**
 * Undoes percent-encoding. `text` holds one byte a character, as Node hands on a request's target.
 * Bytes that are no UTF-8 become U+FFFD. Undefined when a `%` is not followed by two hex digits.
 */
export function percentDecode(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const from = Buffer.from(text, "latin1");
  const to = Buffer.alloc(from.length);
  let length = 0;
  for (let at = 0; at < from.length; at += 1) {
    const byte = from[at] ?? 0;
    to[length] = byte === PERCENT ? Number.parseInt(text.slice(at + 1, at + 3), 16) : byte;
    if (byte === PERCENT) at += 2;
    length += 1;
  }
  return decodeUtf8(to.subarray(0, length));
}

/** Every value of `key` in a query string without its `?`; pairs that cannot be decoded are dropped. */
export function queryValues(query: string, key: string): readonly string[] {
  const values: string[] = [];
  for (const pair of query.split("&")) {
    const [name = "", ...rest] = pair.replaceAll("+", " ").split("=");
    const value = percentDecode(rest.join("="));
    if (value !== undefined && pair !== "" && percentDecode(name) === key) values.push(value);
  }
  return values;
}
