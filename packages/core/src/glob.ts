/** One step of a pattern: a code point, or what stands for several. */
type Token = number | "any" | "run" | CharacterClass;

interface CharacterClass {
  readonly negated: boolean;
  /** Pairs of first and last code point. */
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

const SLASH = 0x2f;

/** A pattern made ready for many names. */
export type Glob = (name: string) => boolean;

/**
 * Whether a whole name matches a pattern, by the rules of Go's `path.Match`: `*`, `?`, `[a-z]`,
 * `[^a]`, `\` before a character. A malformed pattern matches nothing. Takes time in proportion to
 * both lengths multiplied at worst, whatever the pattern.
 */
export function globMatches(pattern: string, name: string): boolean {
  return compileGlob(pattern)?.(name) ?? false;
}

/** The pattern as a function, for use with many names; undefined when it is malformed. */
export function compileGlob(pattern: string): Glob | undefined {
  if (!/[*?[\\]/.test(pattern)) return (name) => name === pattern;
  const tokens = tokensOf(pattern);
  return tokens === undefined ? undefined : (name) => matches(tokens, name);
}

/**
 * Walks both sides and, on a mismatch, lets only the last `*` take one more character: an earlier
 * one that took less would never help.
 */
function matches(tokens: readonly Token[], name: string): boolean {
  let token = 0;
  let at = 0;
  let retryToken = -1;
  let retryAt = 0;
  while (at < name.length || token < tokens.length) {
    const current = tokens[token];
    const code = name.codePointAt(at);
    if (current === "run") {
      token += 1;
      retryToken = token;
      retryAt = at;
    } else if (current !== undefined && code !== undefined && accepts(current, code)) {
      token += 1;
      at += widthOf(code);
    } else {
      const taken = name.codePointAt(retryAt);
      if (retryToken === -1 || taken === undefined || taken === SLASH) return false;
      retryAt += widthOf(taken);
      token = retryToken;
      at = retryAt;
    }
  }
  return true;
}

function accepts(token: Exclude<Token, "run">, code: number): boolean {
  if (typeof token === "number") return token === code;
  if (token === "any") return code !== SLASH;
  return token.ranges.some(([first, last]) => code >= first && code <= last) !== token.negated;
}

function widthOf(code: number): number {
  return code > 0xffff ? 2 : 1;
}

/** The steps of a pattern, or undefined when it is malformed. */
function tokensOf(pattern: string): readonly Token[] | undefined {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at];
    if (character === "*") {
      if (tokens.at(-1) !== "run") tokens.push("run");
    } else if (character === "?") tokens.push("any");
    else if (character === "[") {
      const read = readClass(characters, at + 1);
      if (read === undefined) return undefined;
      tokens.push(read.token);
      at = read.last;
    } else {
      if (character === "\\") at += 1;
      const code = characters[at]?.codePointAt(0);
      if (code === undefined) return undefined;
      tokens.push(code);
    }
  }
  return tokens;
}

interface ReadClass {
  readonly token: CharacterClass;
  /** Where its closing bracket stands. */
  readonly last: number;
}

function readClass(characters: readonly string[], from: number): ReadClass | undefined {
  const negated = characters[from] === "^";
  const ranges: (readonly [number, number])[] = [];
  let at = negated ? from + 1 : from;
  while (characters[at] !== "]" || ranges.length === 0) {
    const first = readMember(characters, at);
    if (first === undefined) return undefined;
    const isRange = characters[first.next] === "-";
    const last = isRange ? readMember(characters, first.next + 1) : first;
    if (last === undefined) return undefined;
    ranges.push([first.code, last.code]);
    at = last.next;
  }
  return { token: { negated, ranges }, last: at };
}

/** One end of a range. `-`, `]` and `\` stand for themselves only behind a `\`. */
function readMember(
  characters: readonly string[],
  at: number,
): { readonly code: number; readonly next: number } | undefined {
  const character = characters[at];
  if (character === "-" || character === "]") return undefined;
  const from = character === "\\" ? at + 1 : at;
  const code = characters[from]?.codePointAt(0);
  return code === undefined ? undefined : { code, next: from + 1 };
}
