const SPACE_RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x0009, 0x000d],
  [0x0020, 0x0020],
  [0x0085, 0x0085],
  [0x00a0, 0x00a0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
];

/**
 * Whether a UTF-16 code unit is white space as fleet's unit files know it: Unicode's White_Space.
 * `String.prototype.trim` differs: it takes U+FEFF and leaves U+0085.
 */
export function isSpace(code: number): boolean {
  if (code > 0x20 && code < 0x85) return false;
  return SPACE_RANGES.some(([first, last]) => code >= first && code <= last);
}

/** Where the first character at or after `from` stands that is not white space, or the length. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** `text` without the white space at both ends. */
export function trimSpace(text: string): string {
  const start = skipSpace(text, 0);
  let end = text.length;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** The runs of characters that are not white space, in order; none for a blank text. */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const start = at;
    while (at < text.length && !isSpace(text.charCodeAt(at))) at += 1;
    words.push(text.slice(start, at));
  }
  return words;
}
