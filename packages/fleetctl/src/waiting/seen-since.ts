/** A server that answers from a copy may lag so far behind: what it says counts when it lasts so long. */
export const STALE_MS_MAX = 2000;

/** Since when something has been seen of units, at every look. */
export class SeenSince {
  readonly #sinceMs = new Map<string, number>();

  /** Takes note of a look at `atMs` that shows it, and tells how long it has lasted. */
  lastedMs(name: string, atMs: number): number {
    const sinceMs = this.#sinceMs.get(name) ?? atMs;
    this.#sinceMs.set(name, sinceMs);
    return atMs - sinceMs;
  }

  /** Takes note of a look that does not show it. */
  forget(name: string): void {
    this.#sinceMs.delete(name);
  }
}
