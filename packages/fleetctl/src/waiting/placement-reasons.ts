import type { ApiWaiting } from "../client/fleet-api.ts";
import type { Context } from "../context.ts";

/** A unit that some machine takes is placed sooner. */
const ASK_AFTER_MS = 500;
const ASK_AGAIN_AFTER_MS = 1000;
/** Each costs a request every time; of more units it is only said that they wait. */
const UNITS_ASKED_MAX = 8;
const UNEXPLAINED = "no machine has been chosen for it yet";

interface Asked {
  askAtMs: number;
  reason: string;
}

/** Why units that wait for a machine get none, asked of the API only when they wait for a while. */
export class PlacementReasons {
  readonly #context: Context;
  readonly #asked = new Map<string, Asked>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** The reason at `atMs` of the monotonic clock, for one that was seen without a machine then. */
  async of(name: string, atMs: number): Promise<string> {
    const asked = this.#asked.get(name);
    if (asked === undefined) {
      if (this.#asked.size < UNITS_ASKED_MAX) {
        this.#asked.set(name, { askAtMs: atMs + ASK_AFTER_MS, reason: UNEXPLAINED });
      }
      return UNEXPLAINED;
    }
    if (atMs >= asked.askAtMs) {
      asked.askAtMs = atMs + ASK_AGAIN_AFTER_MS;
      asked.reason = await this.#ask(name);
    }
    return asked.reason;
  }

  /** An API that does not tell, such as fleet 1.0.0's, is no reason to end the wait. */
  async #ask(name: string): Promise<string> {
    const { client, signal } = this.#context;
    try {
      const waiting = await client().waiting(name, signal);
      return waiting === undefined ? UNEXPLAINED : explanationOf(waiting);
    } catch {
      signal.throwIfAborted();
      return UNEXPLAINED;
    }
  }
}

function explanationOf({ machines, reasons }: ApiWaiting): string {
  if (machines === 0) return "no machine is present";
  const shares = reasons.map(({ reason, count }) => `${reason} (${count} of ${machines})`);
  return `no machine can take it: ${shares.join(", ")}`;
}
