const ROOT = "fleet/v1";

/** The URL of a resource with its query in the order of its keys; `alt` is always there, as in fleet. */
export function apiUrl(
  base: string,
  path: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const pairs = Object.entries({ ...query, alt: "json" })
    .filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== "")
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${escapeSegment(value)}`);
  return `${base}/${ROOT}/${path.map(escapeSegment).join("/")}?${pairs.join("&")}`;
}

/** Everything but `A-Za-z0-9-._~` percent-encoded, so that a name is always one segment. */
function escapeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
