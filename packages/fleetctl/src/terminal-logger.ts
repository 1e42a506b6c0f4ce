import type { Clock, LogFields, Logger } from "@fleet/core";

import type { Output } from "./context.ts";

/** Log lines as fleet's client writes them: local time, level, source, message. */
export function terminalLogger(stderr: Output, clock: Clock, debug: () => boolean): Logger {
  const line = (level: string) => (_fields: LogFields, message: string) => {
    stderr.write(`${localTime(clock.nowMs())} ${level} fleetctl: ${message}\n`);
  };
  const debugLine = line("DEBUG");
  return {
    debug: (fields, message) => {
      if (debug()) debugLine(fields, message);
    },
    info: line("INFO"),
    warn: line("WARN"),
    error: line("ERROR"),
  };
}

/** `YYYY/MM/DD HH:MM:SS` in local time. */
function localTime(ms: number): string {
  const now = new Date(ms);
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()];
  return `${date.map(twoDigits).join("/")} ${time.map(twoDigits).join(":")}`;
}

function twoDigits(part: number): string {
  return String(part).padStart(2, "0");
}
