import { assert } from "@fleet/core";

import { type Operation, type Txn, TXN_OPS_MAX, type TxnResult } from "../store.ts";
import { READ_TXN, TXN } from "./call.ts";
import type { Requests } from "./requests.ts";
import { compareRequest, deletedOf, operationRequest, readsOf, revisionOf } from "./wire.ts";

/** Runs one transaction. One that writes is sent once only: its outcome may stay unknown. */
export async function runTxn(
  requests: Requests,
  txn: Txn,
  signal: AbortSignal,
): Promise<TxnResult> {
  const { compare, success, failure = [] } = txn;
  for (const list of [compare, success, failure]) {
    assert(list.length <= TXN_OPS_MAX, `a transaction has at most ${TXN_OPS_MAX} operations`);
  }
  const request = {
    compare: compare.map(compareRequest),
    success: success.map(operationRequest),
    failure: failure.map(operationRequest),
  };
  const procedure = [...success, ...failure].every(isRead) ? READ_TXN : TXN;
  const answer = await requests.send(procedure, request, signal);
  return {
    cluster: answer.header.cluster_id,
    succeeded: answer.succeeded,
    revision: revisionOf(answer.header.revision),
    reads: answer.responses.map(readsOf),
    deleted: answer.responses.map(deletedOf),
  };
}

function isRead(operation: Operation): boolean {
  return operation.kind === "get";
}
