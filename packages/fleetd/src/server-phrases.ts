import type { AgentObserver } from "@fleet/agent";
import type { Logger } from "@fleet/core";

/**
 * Says in fleet's words when the server works: once the machine is known to the cluster, and again
 * whenever it has lost that. `isStopping`: what is lost on the way out does not come back.
 */
export function serverPhrases(log: Logger, isStopping: () => boolean): AgentObserver {
  return {
    onAvailable: (available) => {
      if (available) log.info({}, "Starting server components");
      else if (!isStopping()) log.info({}, "Restarting server");
    },
  };
}
