import { unreachable } from "@fleet/core";

import { RevisionCompactedError } from "./errors.ts";
import type { KeyRange } from "./keys.ts";
import type { PageRequest } from "./registry.ts";
import type { KeyValue, Revision, Store } from "./store.ts";

/** The keys of one page, and the revision at which to read what belongs to them. */
export interface KeyPage {
  readonly items: readonly KeyValue[];
  readonly revision: Revision;
  /** As in `Page`; relative to the range's folder. */
  readonly nextAfter?: string;
}

const SKIP_KEYS_MAX = 1_000;
const READ_ATTEMPTS_MAX = 3;

/** The page's part of `range`: one request, and one more per thousand keys that are skipped. */
export async function readPage(
  store: Pick<Store, "range">,
  range: KeyRange,
  page: PageRequest,
  signal: AbortSignal,
): Promise<KeyPage> {
  const start = await startOf(store, range, page, signal);
  if (start === undefined) return { items: [], revision: 0 };
  const { end } = range;
  const { items, revision } = await store.range({ start, end, limit: page.limit }, signal);
  const last = items.at(-1);
  if (last === undefined || items.length < page.limit) return { items, revision };
  return { items, revision, nextAfter: last.key.slice(range.start.length) };
}

/** The first key that comes after `key`. */
export function keyAfter(key: string): string {
  return `${key}\0`;
}

/** Reads again when what belongs to a page was compacted between two of its requests. */
export async function readingAtOneRevision<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      const mayRepeat = error instanceof RevisionCompactedError && attempt < READ_ATTEMPTS_MAX;
      if (!mayRepeat) throw error;
    }
  }
}

/** Where the page begins; undefined when it lies behind the end. */
async function startOf(
  store: Pick<Store, "range">,
  range: KeyRange,
  { start }: PageRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  switch (start.kind) {
    case "first":
      return range.start;
    case "after":
      return keyAfter(range.start + start.key);
    case "skip":
      return skip(store, range, start.count, signal);
    default:
      return unreachable(start);
  }
}

async function skip(
  store: Pick<Store, "range">,
  range: KeyRange,
  count: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  let start = range.start;
  let left = count;
  while (left > 0) {
    const limit = Math.min(left, SKIP_KEYS_MAX);
    const page = { start, end: range.end, limit, keysOnly: true };
    const { items } = await store.range(page, signal);
    const last = items.at(-1);
    if (last === undefined || items.length < limit) return undefined;
    start = keyAfter(last.key);
    left -= items.length;
  }
  return start;
}
