const REPLACEMENT = "\uFFFD";

/**
 * Bytes as text. What is not UTF-8 becomes one U+FFFD for each bad byte, as fleet's own passage
 * through JSON makes it (a `TextDecoder` alone would fold several bad bytes into one). A byte order
 * mark stays.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const text = decoder.decode(bytes);
  if (!text.includes(REPLACEMENT)) return text;
  let repaired = "";
  let validFrom = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceBytes(bytes, at);
    if (length === 0) {
      repaired += decoder.decode(bytes.subarray(validFrom, at)) + REPLACEMENT;
      validFrom = at + 1;
    }
    at += Math.max(length, 1);
  }
  return repaired + decoder.decode(bytes.subarray(validFrom));
}

/** `text` with each half of a broken surrogate pair as U+FFFD, so that it can be written as UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, REPLACEMENT);
}

/**
 * How many bytes from `at` on belong together, or 0 where a character is cut off. Only a cut-off one
 * needs this: of any other bad byte the decoder itself makes one U+FFFD.
 */
function sequenceBytes(bytes: Uint8Array, at: number): number {
  const length = lengthOfLead(bytes[at] ?? 0);
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}

function lengthOfLead(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
