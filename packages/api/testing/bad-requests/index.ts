import { HEADERS } from "./headers.ts";
import { METADATA_BODIES } from "./metadata-bodies.ts";
import { METHODS } from "./methods.ts";
import { NAMES } from "./names.ts";
import { NOT_HTTP_AT_ALL } from "./not-http.ts";
import { PATHS } from "./paths.ts";
import { SIZES } from "./sizes.ts";
import { TOKENS } from "./tokens.ts";
import { UNIT_BODIES } from "./unit-bodies.ts";

export type { BadRequest, Expected } from "./bad-request.ts";

/** Everything that is sent, by theme. */
export const BAD_REQUESTS = {
  "what is no HTTP": NOT_HTTP_AT_ALL,
  paths: PATHS,
  methods: METHODS,
  headers: HEADERS,
  "page tokens": TOKENS,
  "names of units": NAMES,
  "bodies about units": UNIT_BODIES,
  "bodies about metadata": METADATA_BODIES,
  "sizes and ends": SIZES,
} as const;
