import { messageOf, type TargetState } from "@fleet/core";

import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";

/** Wishes a unit to be `target`. @throws {CommandError} with fleet's text. */
export async function setTarget(
  name: string,
  target: TargetState,
  { client, signal }: Context,
): Promise<void> {
  try {
    await client().setTargetState(name, target, signal);
  } catch (error) {
    signal.throwIfAborted();
    const message = `Error setting target state for unit ${name}: ${messageOf(error)}`;
    throw new CommandError(message, { cause: error });
  }
}
