/** A controller that aborts with the first of its parents or alone. Disposing of it is its end. */
export interface ChildSignal extends Disposable {
  readonly signal: AbortSignal;
  /** Aborts the child and unties it from its parents, which may live much longer. */
  end(reason?: unknown): void;
}

/** Why a child ended by itself. Without one, every end would make an exception with its stack. */
const OVER = "its work is over";

/** Ties a new signal to `parents`. Call `end` when its work is over, or they keep it alive. */
export function childOf(...parents: readonly AbortSignal[]): ChildSignal {
  const controller = new AbortController();
  const end = (reason: unknown = OVER): void => {
    for (const parent of parents) parent.removeEventListener("abort", follow);
    controller.abort(reason);
  };
  const follow = (event: Event): void => end((event.target as AbortSignal).reason);
  for (const parent of parents) parent.addEventListener("abort", follow);
  const over = parents.find((parent) => parent.aborted);
  if (over !== undefined) end(over.reason);
  return { signal: controller.signal, end, [Symbol.dispose]: () => end() };
}

/** Resolves when `signal` aborts; never rejects. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
