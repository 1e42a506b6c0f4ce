import type { AgentObserver } from "@fleet/agent";
import type { Logger } from "@fleet/core";

export interface ServerPhrasesDeps {
  readonly log: Logger;
  /** Shows one line in `systemctl status`. */
  readonly status: (text: string) => void;
  /** What is lost on the way out does not come back. */
  readonly isStopping: () => boolean;
}

/**
 * Says when the server works: once the machine is known to the cluster, and again whenever it has
 * lost that. In the log in fleet's words.
 */
export function serverPhrases({ log, status, isStopping }: ServerPhrasesDeps): AgentObserver {
  return {
    onAvailable: (available) => {
      if (available) {
        log.info({}, "Starting server components");
        status("In the cluster");
      } else if (!isStopping()) {
        log.info({}, "Restarting server");
        status("Not in the cluster: its units run on, and it joins again");
      }
    },
  };
}
