import { once } from "node:events";
import { connect } from "node:net";

import { messageOf } from "@fleet/core";
import type { Command } from "commander";

import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { codeOf } from "../go-file-error.ts";
import { newCommand } from "./new-command.ts";

const DESCRIPTION = `fleetctl utilizes fd-forward when --tunnel is used and --endpoint is a unix socket.
This command is not intended to be called by users directly.`;

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file or directory"],
  ["ECONNREFUSED", "connection refused"],
  ["EACCES", "permission denied"],
]);

/** `fleetctl fd-forward`: joins stdin and stdout to a unix socket of this machine until it closes. */
export function fdForward(context: Context): Command {
  return newCommand({ usage: "fd-forward SOCKET", description: DESCRIPTION }).action(
    async (words: readonly string[]) => {
      const [path] = words;
      if (path === undefined || words.length > 1)
        throw new CommandError("Provide a single argument");
      await forward(path, context);
    },
  );
}

async function forward(path: string, { stdin, stdout, signal }: Context): Promise<void> {
  const socket = connect({ path });
  try {
    await once(socket, "connect", { signal });
  } catch (error) {
    signal.throwIfAborted();
    const reason = WORDS.get(codeOf(error)) ?? messageOf(error);
    const message = `Failed dialing remote address: dial unix ${path}: connect: ${reason}`;
    throw new CommandError(message, { cause: error });
  }
  socket.on("data", (chunk: Uint8Array) => stdout.write(chunk));
  stdin().pipe(socket);
  try {
    await once(socket, "close", { signal });
  } catch (error) {
    signal.throwIfAborted();
    const message = `Encountered error during copy: ${messageOf(error)}`;
    throw new CommandError(message, { cause: error });
  } finally {
    stdin().unpipe(socket);
    socket.destroy();
  }
}
