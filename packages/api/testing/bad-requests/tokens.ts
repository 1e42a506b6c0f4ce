import { answered, type BadRequest, refused, request } from "./bad-request.ts";

const COLLECTIONS = ["units", "state", "machines"] as const;

const illegal = (at: number): string => `illegal base64 data at input byte ${at}`;

const QUERIES: readonly (readonly [what: string, query: string, message: string])[] = [
  ["two tokens", "nextPageToken=a&nextPageToken=b", "too many values for page token"],
  ["two empty tokens", "nextPageToken=&nextPageToken=", "too many values for page token"],
  ["a word", "nextPageToken=bogus", illegal(4)],
  ["base64 that is not URL-safe", "nextPageToken=A%2BA/", illegal(1)],
  ["a blank", "nextPageToken=A+A/", illegal(1)],
  ["no padding", "nextPageToken=AgACAA", illegal(4)],
  ["only padding", "nextPageToken=%3D%3D%3D%3D", illegal(0)],
  ["padding in between", "nextPageToken=ZA=A", illegal(2)],
  ["half the padding", "nextPageToken=ZA=", illegal(3)],
  ["more behind the padding", "nextPageToken=ZAABAA==x", illegal(8)],
  ["bytes that are no UTF-8", "nextPageToken=%ff%ff%ff%ff", illegal(0)],
  ["a NUL", "nextPageToken=%00", illegal(0)],
  ["markup", "nextPageToken=%3Cscript%3E", illegal(0)],
  ["an empty token", "nextPageToken=", "EOF"],
  ["a token without a sign", "nextPageToken", "EOF"],
  ["one byte", "nextPageToken=ZA==", "unexpected EOF"],
  ["three bytes", "nextPageToken=ZAAB", "unexpected EOF"],
  ["another size of pages", "nextPageToken=EwBMLg==", "token limit must be 100"],
  ["pages of nothing", "nextPageToken=AAABAA==", "token limit must be 100"],
  ["the largest pages", "nextPageToken=__8BAA==", "token limit must be 100"],
  ["page zero", "nextPageToken=ZAAAAA==", "token page must be greater than zero"],
  ["the token in capitals", "%6EextPageToken=bogus", illegal(4)],
];

const HARMLESS: readonly (readonly [what: string, query: string])[] = [
  ["a page far behind the end", "nextPageToken=ZAD__w=="],
  ["a page behind a key that leads out", `nextPageToken=${token(">../../x")}`],
  ["a page behind no key", `nextPageToken=${token(">\uffff")}`],
  ["a query that is none", "&&=&?&nextPageToken%"],
  ["a token that cannot be decoded", "nextPageToken=%zz"],
];

/** Page tokens; every collection reads them alike. */
export const TOKENS: readonly BadRequest[] = [
  ...QUERIES.flatMap(([what, query, message]) =>
    COLLECTIONS.map((path) => row(path, what, query, refused(400, message))),
  ),
  ...HARMLESS.flatMap(([what, query]) =>
    ["state", "machines"].map((path) => row(path, what, query, answered(200, "{}"))),
  ),
];

function row(path: string, what: string, query: string, gets: BadRequest["gets"]): BadRequest {
  return { what: `${what}, ${path}`, send: request(`GET /fleet/v1/${path}?${query}`), gets };
}

/** Of page 2, with what follows the four bytes. */
function token(rest: string): string {
  const bytes = Buffer.concat([Buffer.from([100, 0, 2, 0]), Buffer.from(rest)]);
  return encodeURIComponent(bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_"));
}
