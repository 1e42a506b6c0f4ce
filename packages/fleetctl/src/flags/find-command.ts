/** What the command line asks for, before its flags are read. */
export type CommandLookup =
  /** No word that could be a command. */
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly name: string; readonly rest: readonly string[] }
  | { readonly kind: "unknown"; readonly word: string };

/**
 * Finds the command: the first word that belongs to no flag, by its name or by the beginning of
 * exactly one name; those of `wholeNames` only by the whole name. A word after `--flag` counts as that flag's value unless the flag is in
 * `booleanFlags`, and so does the word after any `-x`. `rest` is the command line without the word.
 */
export function findCommand(
  argv: readonly string[],
  names: readonly string[],
  booleanFlags: ReadonlySet<string>,
  wholeNames: readonly string[] = [],
): CommandLookup {
  const at = wordIndex(argv, booleanFlags);
  const word = argv[at];
  if (word === undefined) return { kind: "none" };
  const name = matchName(word, names, wholeNames);
  if (name === undefined) return { kind: "unknown", word };
  return { kind: "found", name, rest: argv.toSpliced(at, 1) };
}

/** The name that `word` is or, alone of all `names`, begins with. */
export function matchName(
  word: string,
  names: readonly string[],
  wholeNames: readonly string[] = [],
): string | undefined {
  if (names.includes(word) || wholeNames.includes(word)) return word;
  const candidates = names.filter((name) => name.startsWith(word));
  return candidates.length === 1 ? candidates[0] : undefined;
}

function wordIndex(argv: readonly string[], booleanFlags: ReadonlySet<string>): number {
  for (let index = 0; index < argv.length; index += 1) {
    const token = argv[index] ?? "";
    if (token === "--") return argv.length;
    if (!token.startsWith("-")) return token === "" ? argv.length : index;
    if (takesNext(token, booleanFlags)) index += 1;
  }
  return argv.length;
}

function takesNext(token: string, booleanFlags: ReadonlySet<string>): boolean {
  if (token.startsWith("--")) {
    return !token.includes("=") && !booleanFlags.has(token.slice("--".length));
  }
  return token.length === "-x".length;
}
