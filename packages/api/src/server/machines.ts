import { messageOf } from "@fleet/core";

import { toMachineWire } from "../convert.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { RequestFailedError } from "./errors.ts";
import { decodeMetadataOperations } from "./metadata-operations.ts";
import { answerPage } from "./page-answer.ts";
import { readBodyAs } from "./request-body.ts";
import type { Call, RouteOptions, Serves } from "./routes.ts";

/** `/machines`. There is no `/machines/{id}`. */
export function machineRoutes(options: RouteOptions): Serves<"listMachines" | "patchMachines"> {
  return {
    listMachines: (call) => listMachines(options, call),
    patchMachines: (call) => patchMetadata(options, call),
  };
}

function listMachines({ registry, tokenLimit }: RouteOptions, call: Call): Promise<Answer> {
  return answerPage(call.query, tokenLimit(), {
    key: "machines",
    entities: "Machines",
    read: (page) => registry.machinePage(page, call.signal),
    toWire: toMachineWire,
  });
}

/** Operations are carried out in order; those before a failure stay, and its reason is told. */
async function patchMetadata({ registry }: RouteOptions, call: Call): Promise<Answer> {
  const changes = await readBodyAs(decodeMetadataOperations, call);
  try {
    for (const change of changes) await registry.setMetadata(change, call.signal);
  } catch (error) {
    const reason = messageOf(error);
    const options = { cause: error, told: reason };
    throw new RequestFailedError(`Failed setting metadata of a Machine: ${reason}`, options);
  }
  return jsonAnswer(204, "");
}
