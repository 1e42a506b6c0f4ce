/**
 * Writes a line and waits until it is written. Resolves with the exit code: 1, with a line on stderr
 * that says why, when there is no room for it or nobody reads it.
 */
export async function writeLine(stream: NodeJS.WriteStream, text: string): Promise<number> {
  // The callback has it, too; an error that nobody listens to would end the process.
  if (stream.listenerCount("error") === 0) stream.on("error", () => {});
  const error = await new Promise<Error | null | undefined>((resolve) => {
    stream.write(`${text}\n`, resolve);
  });
  if (!(error instanceof Error)) return 0;
  process.stderr.write(`FATAL fleetd: cannot write: ${error.message}\n`);
  return 1;
}
