import { toOptionWire } from "../convert.ts";
import { jsonText, unlessEmpty } from "../json.ts";
import type { ApiClient } from "./api-client.ts";
import { type Call, jsonIn, requireSuccess } from "./call.ts";
import { decodeHeldMoves, decodeUnit, decodeUnitState } from "./decode.ts";
import { ApiUnreachableError, messageIn } from "./errors.ts";
import type { ApiResponse } from "./http-client.ts";
import type { listings } from "./listings.ts";
import type { reportCalls } from "./report-calls.ts";

const NOT_FOUND = 404;

/** In files of their own, and the client itself. */
type OfOthers = keyof ReturnType<typeof listings> | keyof ReturnType<typeof reportCalls> | "close";

/** The calls about one unit, and the one about machines' metadata. */
export function unitCalls(call: Call): Omit<ApiClient, OfOthers> {
  return {
    async unit(name, signal) {
      const answer = await call({ method: "GET", path: ["units", name] }, signal);
      return isMissing(answer) ? undefined : decodeUnit(jsonIn(answer));
    },
    async createUnit(name, file, signal) {
      const options = file.length === 0 ? undefined : file.map(toOptionWire);
      const body = jsonText({ name: unlessEmpty(name), options });
      requireSuccess(await call({ method: "PUT", path: ["units", name], body }, signal));
    },
    async setTargetState(name, desiredState, signal) {
      const body = jsonText({ desiredState, name: unlessEmpty(name) });
      requireSuccess(await call({ method: "PUT", path: ["units", name], body }, signal));
    },
    async destroyUnit(name, signal) {
      const answer = await call({ method: "DELETE", path: ["units", name] }, signal);
      if (isMissing(answer)) return false;
      requireSuccess(answer);
      return true;
    },
    async state(name, signal) {
      const asking = call({ method: "GET", path: ["state", name] }, signal);
      const answer = await unlessHungUp(asking);
      if (answer === undefined || answer.status === NOT_FOUND) return undefined;
      return decodeUnitState(jsonIn(answer));
    },
    async heldMoves(signal) {
      return decodeHeldMoves(jsonIn(await call({ method: "GET", path: ["held-moves"] }, signal)));
    },
    async resumeMoves(signal) {
      return decodeHeldMoves(
        jsonIn(await call({ method: "DELETE", path: ["held-moves"] }, signal)),
      );
    },
    async patchMetadata(patches, signal) {
      const operations = patches.map(({ machine, key, value }) => ({
        op: value === undefined ? "remove" : "add",
        path: `/${machine}/metadata/${key}`,
        value: value === undefined ? undefined : { value },
      }));
      const body = jsonText(operations);
      requireSuccess(await call({ method: "PATCH", path: ["machines"], body }, signal));
    },
  };
}

async function unlessHungUp(asking: Promise<ApiResponse>): Promise<ApiResponse | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ApiUnreachableError && error.hungUp) return undefined;
    throw error;
  }
}

/** Whether fleet says that there is no such thing; any server has a 404 for what it does not know. */
function isMissing({ status, body }: ApiResponse): boolean {
  return status === NOT_FOUND && messageIn(body) !== undefined;
}
