/** Facts that go with a log line: `unit`, `machine`, `err`, `reason` and `…Ms` are used everywhere. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The slice of pino that components log through; it comes in as an argument, never as a global. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Says nothing: for tests and for programs that report in another way. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
