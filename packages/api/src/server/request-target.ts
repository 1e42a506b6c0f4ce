import { percentDecode } from "./percent.ts";

/** What a request line asks for. */
export interface RequestTarget {
  /** Decoded, so that `%2F` has become a separator like any other; starts with `/`, or is `*`. */
  readonly path: string;
  /** As it came, without the `?`. */
  readonly query: string;
}

/** Takes a request's target apart; undefined when its path cannot be decoded. */
export function parseTarget(url: string): RequestTarget | undefined {
  // The absolute form that proxies use: scheme and host have no meaning here.
  const local = url.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, "");
  const mark = local.indexOf("?");
  const path = percentDecode(mark === -1 ? local : local.slice(0, mark));
  if (path === undefined) return undefined;
  return { path: path === "" ? "/" : path, query: mark === -1 ? "" : local.slice(mark + 1) };
}

/** The path without empty, `.` and `..` segments; a slash at its end stays. */
export function cleanPath(path: string): string {
  const clean: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") clean.pop();
    else if (segment !== "" && segment !== ".") clean.push(segment);
  }
  const slash = path.endsWith("/") && clean.length > 0 ? "/" : "";
  return `/${clean.join("/")}${slash}`;
}

/** Where a client that asked for an unclean path is sent, spelled as fleet spells a `Location`. */
export function locationOf({ path, query }: RequestTarget): string {
  return withQuery(encodePath(cleanPath(path)), query);
}

/** The target in the one spelling that our router knows: every segment encoded by itself. */
export function routedUrl({ path, query }: RequestTarget): string {
  return withQuery(path.split("/").map(encodeURIComponent).join("/"), query);
}

function withQuery(path: string, query: string): string {
  return query === "" ? path : `${path}?${query}`;
}

/** Leaves what Go leaves in a path. */
function encodePath(path: string): string {
  return encodeURI(path).replaceAll(/[!'()*#?]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
