import type { Output } from "./context.ts";

/** A stream of this process as an output. */
export interface ProcessOutput extends Output {
  /** Aborts when nothing more can be written, or nobody would read it. */
  readonly gone: AbortSignal;
  /** Nobody reads any more, as {@link gone} then says. */
  close(): void;
  /** Waits until all has been written; resolves with what went wrong on the way, if anything did. */
  flushed(): Promise<Error | undefined>;
}

/**
 * Writes to a stream that is opened at its first use, because that costs a millisecond. When whoever read it has gone
 * (`head`, for example), what is left to say is said to nobody, and that is no failure. After a failure nothing more is
 * written.
 */
export function processOutput(open: () => NodeJS.WriteStream): ProcessOutput {
  let stream: NodeJS.WriteStream | undefined;
  const end = new AbortController();
  let failure: Error | undefined;
  const opened = (): NodeJS.WriteStream => {
    const first = open();
    first.on("error", (error: NodeJS.ErrnoException) => {
      if (!end.signal.aborted && error.code !== "EPIPE") failure = error;
      end.abort();
    });
    return first;
  };
  return {
    gone: end.signal,
    close: () => end.abort(),
    write: (chunk) => {
      stream ??= opened();
      if (!end.signal.aborted) stream.write(chunk);
    },
    flushed: async () => {
      await new Promise<void>((resolve) => {
        if (stream === undefined || end.signal.aborted) return resolve();
        stream.write("", () => resolve());
      });
      return failure;
    },
  };
}
