import type { ApiClient } from "./api-client.ts";
import { type Call, jsonIn } from "./call.ts";
import {
  decodeDropFile,
  decodeMachine,
  decodePage,
  decodeUnit,
  decodeUnitState,
} from "./decode.ts";
import { ApiUnreachableError } from "./errors.ts";

/** More than any cluster has: only a server that never ends its list gets there. */
const PAGES_MAX = 65_536;

interface Listing<T> {
  readonly path: string;
  readonly key: "units" | "states" | "machines" | "dropFiles";
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly decode: (json: unknown) => T;
}

/** The calls that read a collection, page after page. */
export function listings(
  call: Call,
): Pick<ApiClient, "machines" | "units" | "states" | "dropFiles"> {
  return {
    dropFiles: (signal) => {
      const listing = { path: "drop-files", key: "dropFiles", decode: decodeDropFile } as const;
      return readAll(call, listing, signal);
    },
    machines: (signal) => {
      return readAll(call, { path: "machines", key: "machines", decode: decodeMachine }, signal);
    },
    units: (signal) => readAll(call, { path: "units", key: "units", decode: decodeUnit }, signal),
    states: ({ unit, machine }, signal) => {
      const query = { unitName: unit, machineID: machine };
      return readAll(
        call,
        { path: "state", key: "states", query, decode: decodeUnitState },
        signal,
      );
    },
  };
}

async function readAll<T>(
  call: Call,
  { path, key, query, decode }: Listing<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const found: T[] = [];
  let nextPageToken = "";
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const request = { method: "GET", path: [path], query: { ...query, nextPageToken } } as const;
    const page = decodePage(jsonIn(await call(request, signal)), key);
    for (const item of page.items) found.push(decode(item));
    if (page.nextPageToken === "") return found;
    ({ nextPageToken } = page);
  }
  throw new ApiUnreachableError(`Get ${path}`, `the list does not end after ${PAGES_MAX} pages`);
}
