/**
 * How long nothing may happen to a file until it counts. Longer than a program needs between two writes of one
 * small file, and than a checkout needs between removing a file and writing it again.
 */
export const QUIET_MS = 500;

/** Names to which something happened, until they have been quiet for {@link QUIET_MS}. */
export class Quiet {
  readonly #dueMs = new Map<string, number>();

  /** Something happened to `name` at `nowMs` on the monotonic clock. */
  stir(name: string, nowMs: number): void {
    this.#dueMs.set(name, nowMs + QUIET_MS);
  }

  /** Something is to be done for `name`, and nothing has to be waited for unless it is stirred. */
  settle(name: string, nowMs: number): void {
    if (!this.#dueMs.has(name)) this.#dueMs.set(name, nowMs);
  }

  get isEmpty(): boolean {
    return this.#dueMs.size === 0;
  }

  /** Whether it is not quiet yet, or has not been taken. */
  has(name: string): boolean {
    return this.#dueMs.has(name);
  }

  /** The names that are quiet by now; they are forgotten. */
  take(nowMs: number): readonly string[] {
    const names = [...this.#dueMs].filter(([, dueMs]) => dueMs <= nowMs).map(([name]) => name);
    for (const name of names) this.#dueMs.delete(name);
    return names;
  }

  /** Milliseconds until the next name is quiet; undefined when there is none. */
  waitMs(nowMs: number): number | undefined {
    if (this.#dueMs.size === 0) return undefined;
    const firstMs = Math.min(...this.#dueMs.values());
    return Math.max(0, firstMs - nowMs);
  }

  clear(): void {
    this.#dueMs.clear();
  }
}
