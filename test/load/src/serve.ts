import type { Logger } from "@fleet/core";

const LINES_MAX = 20;
let lines = 0;

function tell(level: string): Logger["warn"] {
  return (fields, message) => {
    lines += 1;
    if (lines > LINES_MAX) return;
    const { err } = fields as { err?: Error };
    process.stderr.write(`${process.pid} ${level}: ${message} ${err?.message ?? ""}\n`);
  };
}

/** What goes wrong in a process of the load, for the first few times. */
export const childLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: tell("warn"),
  error: tell("error"),
};

/** Says that this process works, answers each question with `report`, and ends with whoever started it. */
export function serve(report: () => object): void {
  process.on("SIGINT", () => {}); // from the terminal: whoever started it ends it
  process.on("disconnect", () => process.exit());
  process.on("message", () => process.send?.(report()));
  process.send?.("ready");
}
