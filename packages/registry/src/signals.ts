import { setMaxListeners } from "node:events";

/** A signal that follows others for as long as it is needed; dispose of it when it is not. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

/**
 * A signal that aborts with the first of `signals`. Unlike `AbortSignal.any` it leaves nothing
 * behind on signals that live as long as the process.
 */
export function linkSignals(...signals: readonly AbortSignal[]): LinkedSignal {
  const controller = new AbortController();
  const releases = signals.map((signal) => onAbort(signal, () => controller.abort(signal.reason)));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]: () => {
      for (const release of releases) release();
    },
  };
}

/** Calls `then` once `signal` aborts, at once if it has; returns how to call that off. */
export function onAbort(signal: AbortSignal, then: () => void): () => void {
  if (signal.aborted) {
    then();
    return () => {};
  }
  // A process has one signal for many requests at once; that is no leak.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", then, { once: true });
  return () => signal.removeEventListener("abort", then);
}
