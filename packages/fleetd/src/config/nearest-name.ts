const EDITS_MAX = 3;

/** The known name that `word` was probably meant to be: a few letters off; undefined when none is near. */
export function nearestName(word: string, known: readonly string[]): string | undefined {
  const limit = Math.min(EDITS_MAX, Math.floor(word.length / 3));
  const near = known
    .map((name) => ({ name, edits: editsBetween(word, name) }))
    .filter(({ edits }) => edits <= limit);
  return near.toSorted((left, right) => left.edits - right.edits)[0]?.name;
}

/** How many letters must be added, left out or exchanged to make one word of the other. */
function editsBetween(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [row, letter] of from.split("").entries()) {
    const current = [row + 1];
    for (const [column, other] of to.split("").entries()) {
      const exchanged = (above[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(exchanged, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[to.length] ?? 0;
}
