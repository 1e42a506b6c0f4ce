const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\u0007", String.raw`\a`],
  ["\b", String.raw`\b`],
  ["\f", String.raw`\f`],
  ["\n", String.raw`\n`],
  ["\r", String.raw`\r`],
  ["\t", String.raw`\t`],
  ["\v", String.raw`\v`],
  ["\\", String.raw`\\`],
]);

/** One character in single quotes, as Go's `%q` prints a rune: fleet's messages are made that way. */
export function quoteRune(character: string): string {
  return `'${character === "'" ? String.raw`\'` : escape(character)}'`;
}

/** Text in double quotes, as Go's `%q` prints a string. */
export function quoteText(text: string): string {
  const escaped = Array.from(text, (character) =>
    character === '"' ? String.raw`\"` : escape(character),
  );
  return `"${escaped.join("")}"`;
}

function escape(character: string): string {
  const short = ESCAPES.get(character);
  if (short !== undefined) return short;
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return String.raw`\x${hex(code, 2)}`;
  if (/\p{Surrogate}/u.test(character)) return "\uFFFD";
  return code > 0xffff ? String.raw`\U${hex(code, 8)}` : String.raw`\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
