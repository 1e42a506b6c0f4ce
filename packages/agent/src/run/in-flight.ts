/** Work that was begun and is not waited for: bounded by who begins it, ended with its owner. */
export class InFlight {
  readonly #onBroken: () => void;
  readonly #works = new Set<Promise<void>>();
  #broken: { readonly error: unknown } | undefined;

  /** @param onBroken called when a work failed: the owner should {@link rethrow}. */
  constructor(onBroken: () => void) {
    this.#onBroken = onBroken;
  }

  /** Takes the work over. What it throws after `signal` aborted is the abort itself. */
  begin(work: Promise<void>, signal: AbortSignal): void {
    const watched = work
      .catch((error: unknown) => {
        if (signal.aborted) return;
        this.#broken ??= { error };
        this.#onBroken();
      })
      .finally(() => this.#works.delete(watched));
    this.#works.add(watched);
  }

  /** Throws what the first broken work threw, if one did. */
  rethrow(): void {
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  /** Resolves when everything begun so far has come to an end. */
  async settled(): Promise<void> {
    await Promise.all(this.#works);
  }
}
