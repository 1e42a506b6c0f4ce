export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const DOT_EVERY_MS = 1_000;

/**
 * Runs one step of something a person waits for: its heading at once, a dot a second on a terminal, and at the
 * end how long it took.
 */
export async function showStep<T>(
  output: Output,
  heading: string,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
  const isTerminal = output.isTTY === true;
  output.write(isTerminal ? `${heading} ` : `${heading} …\n`);
  const dots = setInterval(() => isTerminal && output.write("."), DOT_EVERY_MS);
  try {
    const value = await work();
    output.write(isTerminal ? ` done in ${seconds()}\n` : `${heading}: done in ${seconds()}\n`);
    return value;
  } catch (error) {
    output.write(isTerminal ? ` failed after ${seconds()}\n` : `${heading}: failed\n`);
    throw error;
  } finally {
    clearInterval(dots);
  }
}
