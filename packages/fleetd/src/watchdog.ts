import type { Clock } from "@fleet/core";
import type { Component } from "./supervise.ts";

const SIGNS_PER_TIMEOUT = 3;

/**
 * Gives systemd's watchdog signs of life. It runs beside the other components and ends with the first
 * of them; and it needs the event loop to turn, so a process that is stuck gives none.
 */
export function watchdog(timeoutMs: number, alive: () => Promise<void>, clock: Clock): Component {
  return {
    name: "watchdog",
    run: async (signal) => {
      while (!signal.aborted) {
        await alive();
        await clock.sleep(timeoutMs / SIGNS_PER_TIMEOUT, signal);
      }
    },
  };
}
