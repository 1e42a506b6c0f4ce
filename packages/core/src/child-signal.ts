/** A controller that aborts with its parent or alone. */
export interface ChildSignal {
  readonly signal: AbortSignal;
  /** Aborts the child and unties it from its parent, which may live much longer. */
  end(): void;
}

/** Why a child ended by itself. Without one, every end would make an exception with its stack. */
const OVER = "its work is over";

/** Ties a new signal to `parent`. Call `end` when its work is over, or the parent keeps it alive. */
export function childOf(parent: AbortSignal): ChildSignal {
  const controller = new AbortController();
  const end = (): void => {
    parent.removeEventListener("abort", end);
    controller.abort(parent.aborted ? parent.reason : OVER);
  };
  if (parent.aborted) controller.abort(parent.reason);
  else parent.addEventListener("abort", end);
  return { signal: controller.signal, end };
}

/** Resolves when `signal` aborts; never rejects. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
