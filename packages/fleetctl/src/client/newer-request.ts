import { messageOf } from "@fleet/core";

import { CommandError } from "../errors.ts";

const NOT_FOUND = 404;

/**
 * The failure of a request of something that fleet 1.0.0 does not have: where fleet's API answers that there is no such
 * path, the fleetd is older than this fleetctl.
 */
export function newerRequestError(attempt: string, command: string, error: unknown): CommandError {
  const { status, isForeign } = (error ?? {}) as { status?: number; isForeign?: boolean };
  const isUnknown = status === NOT_FOUND && isForeign === false;
  const reason = isUnknown
    ? `this fleetd does not know ${command}: it is older than this fleetctl`
    : messageOf(error);
  return new CommandError(`${attempt}: ${reason}`, { cause: error });
}
