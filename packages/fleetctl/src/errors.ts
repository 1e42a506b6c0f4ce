import { FleetError } from "@fleet/core";

/** The exit status of whatever went wrong, where nothing else is said. */
export const FAILURE = 1;

/**
 * A command that could not do what was asked. `message` is all that stderr shows of it (it may be
 * several lines; "" when everything has been said already).
 */
export class CommandError extends FleetError {
  readonly code = "FLEET_COMMAND_FAILED";
  readonly exitStatus: number;

  constructor(
    message: string,
    options?: { readonly cause?: unknown; readonly exitStatus?: number },
  ) {
    super(message, options);
    this.exitStatus = options?.exitStatus ?? FAILURE;
  }
}

/** A command line or an environment variable that cannot be understood; shown with the usage. */
export class UsageError extends FleetError {
  readonly code = "FLEET_USAGE";
}
