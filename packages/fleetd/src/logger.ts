import type { Logger } from "@fleet/core";
import { pino, stdTimeFunctions, type DestinationStream } from "pino";

export interface FleetdLogger extends Logger {
  fatal(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Whether debug lines are logged from now on. */
  setDebug(debug: boolean): void;
}

export interface LoggerOptions {
  readonly format: "json" | "text";
  readonly debug: boolean;
}

const STDERR_FD = 2;

/** One line an event on stderr, where systemd's journal picks it up: JSON, or fleet's text form. */
export function createLogger(options: LoggerOptions): FleetdLogger {
  const stderr = pino.destination({ dest: STDERR_FD, sync: true });
  const logger = pino(
    {
      level: options.debug ? "debug" : "info",
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ["etcd_password"],
    },
    options.format === "json" ? stderr : asText(stderr),
  );
  return Object.assign(logger, {
    setDebug: (debug: boolean) => {
      logger.level = debug ? "debug" : "info";
    },
  });
}

/** Turns pino's JSON lines into `LEVEL fleetd: message key=value …`, the shape scripts for fleet match. */
function asText(out: DestinationStream): DestinationStream {
  return {
    write: (line) => {
      const { level, time: _time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const facts = Object.entries(fields).map(([key, value]) => ` ${key}=${inText(value)}`);
      out.write(`${String(level).toUpperCase()} fleetd: ${String(msg)}${facts.join("")}\n`);
    },
  };
}

function inText(value: unknown): string {
  if (typeof value === "object" && value !== null && "message" in value)
    return JSON.stringify(value.message);
  return typeof value === "string" ? value : JSON.stringify(value);
}
