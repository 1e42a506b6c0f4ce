import { RequestError } from "./errors.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const PAD = "=".charCodeAt(0);
const QUANTUM_CHARS = 4;

const VALUES: ReadonlyMap<number, number> = new Map(
  Array.from(ALPHABET, (character, value) => [character.charCodeAt(0), value]),
);

/** URL-safe base64 with padding. */
export function encodeBase64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * Reads URL-safe base64 with padding as Go does: line ends are skipped, and the error names the byte
 * at which Go would stop. Node's own decoder accepts anything.
 * @throws {RequestError}
 */
export function decodeBase64(text: string): Buffer {
  const from = Buffer.from(text);
  const bytes: number[] = [];
  let quantum: number[] = [];
  for (let at = 0; at < from.length; at += 1) {
    const byte = from[at] ?? 0;
    if (isLineEnd(byte)) continue;
    if (byte === PAD) {
      refuseBadPadding(from, at, quantum.length);
      return Buffer.from([...bytes, ...bytesOf(quantum)]);
    }
    const value = VALUES.get(byte);
    if (value === undefined) throw illegal(at);
    quantum.push(value);
    if (quantum.length < QUANTUM_CHARS) continue;
    bytes.push(...bytesOf(quantum));
    quantum = [];
  }
  if (quantum.length > 0) throw illegal(from.length - quantum.length);
  return Buffer.from(bytes);
}

/** `at` is the first padding character of a group of which `have` characters came before. */
function refuseBadPadding(from: Buffer, at: number, have: number): void {
  if (have < 2) throw illegal(at);
  let next = skipLineEnds(from, at + 1);
  if (have === 2) {
    if (next === from.length) throw illegal(from.length);
    if (from[next] !== PAD) throw illegal(next - 1);
    next = skipLineEnds(from, next + 1);
  }
  if (next < from.length) throw illegal(next);
}

/** Two to four values of six bits make one to three bytes. */
function bytesOf([a = 0, b = 0, c, d]: readonly number[]): number[] {
  const bytes = [(a << 2) | (b >> 4)];
  if (c !== undefined) bytes.push(((b & 0x0f) << 4) | (c >> 2));
  if (c !== undefined && d !== undefined) bytes.push(((c & 0x03) << 6) | d);
  return bytes;
}

function skipLineEnds(from: Buffer, start: number): number {
  let at = start;
  while (at < from.length && isLineEnd(from[at] ?? 0)) at += 1;
  return at;
}

function isLineEnd(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

function illegal(at: number): RequestError {
  return new RequestError(400, `illegal base64 data at input byte ${at}`);
}
