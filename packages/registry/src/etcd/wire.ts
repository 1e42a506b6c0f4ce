import { unreachable } from "@fleet/core";
import type { ICompare, IEvent, IKeyValue, IRangeRequest, IRequestOp, IResponseOp } from "etcd3";

import type { Compare, KeyValue, Operation, Revision, WatchEvent } from "../store.ts";

/** What etcd says of a key that goes with no lease. */
const NO_LEASE = "0";

/** etcd's 64-bit numbers come as decimal text; revisions stay far below 2^53. */
export function revisionOf(text: string): Revision {
  return Number(text);
}

export function keyValueOf(item: IKeyValue): KeyValue {
  return {
    key: item.key.toString(),
    value: item.value.toString(),
    createRevision: revisionOf(item.create_revision),
    modRevision: revisionOf(item.mod_revision),
    ...(item.lease === NO_LEASE ? {} : { lease: item.lease }),
  };
}

export function watchEventOf(event: IEvent): WatchEvent {
  if (event.type === "Put") return { kind: "put", item: keyValueOf(event.kv) };
  const { key, mod_revision } = event.kv;
  return { kind: "delete", key: key.toString(), modRevision: revisionOf(mod_revision) };
}

/** The revision at which `event` happened. */
export function eventRevision(event: WatchEvent): Revision {
  return event.kind === "put" ? event.item.modRevision : event.modRevision;
}

export function compareRequest(compare: Compare): ICompare {
  const key = Buffer.from(compare.key);
  return compare.on === "create"
    ? { result: "Equal", target: "Create", key, create_revision: String(compare.revision) }
    : { result: "Equal", target: "Mod", key, mod_revision: String(compare.revision) };
}

export function operationRequest(operation: Operation): IRequestOp {
  const key = Buffer.from(operation.key);
  switch (operation.kind) {
    case "put": {
      const value = Buffer.from(operation.value);
      const lease = operation.lease === undefined ? {} : { lease: operation.lease };
      return { request_put: { key, value, ...lease } };
    }
    case "delete":
      return { request_delete_range: { key, ...endOf(operation.end) } };
    case "get":
      return { request_range: getRequest(key, operation) };
    default:
      return unreachable(operation);
  }
}

function getRequest(key: Buffer, operation: Operation & { readonly kind: "get" }): IRangeRequest {
  const { end, limit, revision } = operation;
  return {
    key,
    ...endOf(end),
    ...(limit === undefined ? {} : { limit }),
    ...(revision === undefined ? {} : { revision: String(revision) }),
  };
}

export function endOf(end: string | undefined): { range_end?: Buffer } {
  return end === undefined ? {} : { range_end: Buffer.from(end) };
}

/** What a `get` of a transaction found; nothing for the other operations. */
export function readsOf(response: IResponseOp): readonly KeyValue[] {
  // The types say that every kind of answer is there; only the one that fits the operation is.
  const { response_range: range } = response as Partial<IResponseOp>;
  return range?.kvs.map(keyValueOf) ?? [];
}

/** How many keys a `delete` of a transaction removed; 0 for the other operations. */
export function deletedOf(response: IResponseOp): number {
  const { response_delete_range: deletion } = response as Partial<IResponseOp>;
  return Number(deletion?.deleted ?? 0);
}
