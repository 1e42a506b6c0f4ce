import type { IRangeRequest } from "etcd3";

import { RevisionCompactedError } from "../errors.ts";
import type { KeyValue, RangeQuery, RangeResult } from "../store.ts";
import { RANGE } from "./call.ts";
import type { Requests } from "./requests.ts";
import { endOf, keyValueOf, revisionOf } from "./wire.ts";

/** One answer of a thousand unit files is about a megabyte and blocks the event loop for 20 ms. */
const PAGE_KEYS_MAX = 1_000;
/** How often a list may start over because its revision was compacted while it was being read. */
const LIST_ATTEMPTS_MAX = 3;

const ZERO_BYTE = Buffer.from([0]);

/** Reads a range in pages at one revision, that of the first page unless the query names one. */
export async function readRange(
  requests: Requests,
  query: RangeQuery,
  signal: AbortSignal,
): Promise<RangeResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readPages(requests, query, signal);
    } catch (error) {
      const mayStartOver = error instanceof RevisionCompactedError && query.revision === undefined;
      if (!mayStartOver || attempt === LIST_ATTEMPTS_MAX) throw error;
    }
  }
}

async function readPages(
  requests: Requests,
  query: RangeQuery,
  signal: AbortSignal,
): Promise<RangeResult> {
  const items: KeyValue[] = [];
  let start: Buffer = Buffer.from(query.start);
  let revision = query.revision;
  for (;;) {
    const wanted = (query.limit ?? Infinity) - items.length;
    const page: IRangeRequest = {
      key: start,
      ...endOf(query.end),
      limit: Math.min(wanted, PAGE_KEYS_MAX),
      keys_only: query.keysOnly ?? false,
      ...(revision === undefined ? {} : { revision: String(revision) }),
    };
    const answer = await requests.send(RANGE, page, signal);
    revision ??= revisionOf(answer.header.revision);
    for (const item of answer.kvs) items.push(keyValueOf(item));
    const last = answer.kvs.at(-1);
    if (!answer.more || last === undefined || items.length === query.limit) {
      return { cluster: answer.header.cluster_id, revision, items, more: answer.more };
    }
    start = Buffer.concat([last.key, ZERO_BYTE]);
  }
}
