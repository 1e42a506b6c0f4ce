const DISTANCE_MAX = 2;

/**
 * The names that somebody who typed `word` may have meant, in byte order (letter case aside): those that begin so; where none
 * does, those that are spelt much like it.
 */
export function suggestionsFor(word: string, names: readonly string[]): readonly string[] {
  const typed = word.toLowerCase();
  const longer = names.filter((name) => name.toLowerCase().startsWith(typed));
  const alike = names.filter((name) => editDistance(typed, name.toLowerCase()) <= DISTANCE_MAX);
  return (longer.length > 0 ? longer : alike).toSorted();
}

/** How many letters must be added, taken away or changed to make `b` of `a` (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
