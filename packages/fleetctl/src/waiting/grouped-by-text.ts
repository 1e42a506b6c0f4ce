const NAMES_MAX = 3;

/** `unit A: TEXT` or `units A, B: TEXT` for each text, with those that it holds for. */
export function groupedByText(texts: readonly (readonly [string, string])[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const [name, text] of texts) {
    const names = groups.get(text);
    if (names === undefined) groups.set(text, [name]);
    else names.push(name);
  }
  return [...groups].map(([text, names]) => `${listed(names)}: ${text}`);
}

function listed(names: readonly string[]): string {
  const [first = ""] = names;
  if (names.length === 1) return `unit ${first}`;
  const more = names.length - NAMES_MAX;
  const some = names.slice(0, NAMES_MAX).join(", ");
  return more > 0 ? `units ${some} and ${more} more` : `units ${some}`;
}
