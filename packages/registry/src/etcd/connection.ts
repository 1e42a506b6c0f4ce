import type { Socket } from "node:net";

/** `accepted` by the member's system: the member itself has not yet said a word. */
export type ConnectionStage = "connecting" | "accepted" | "speaking";

/**
 * The TCP connection to one member, below gRPC: how much came over it, and how to be rid of it. gRPC opens it, limits
 * no attempt to do so, and opens another once it is gone.
 */
export class Connection {
  /** By address: one name may stand for several, which are tried together. */
  readonly #attempts = new Map<string, AbortController>();
  #socket: Socket | undefined;
  #heardBefore = 0;

  /** Grows with all that comes from the member, down to the acceptance of a connection. */
  get heard(): number {
    return this.#heardBefore + (this.#socket?.bytesRead ?? 0);
  }

  get stage(): ConnectionStage {
    if (this.#socket === undefined || this.#socket.destroyed) return "connecting";
    return this.#socket.bytesRead === 0 ? "accepted" : "speaking";
  }

  /** An attempt to connect to `address` begins; what comes of it is destroyed when the signal aborts. */
  begun(address: string): AbortSignal {
    const attempt = new AbortController();
    this.#attempts.set(address, attempt);
    return attempt.signal;
  }

  accepted(socket: Socket): void {
    this.#heardBefore = this.heard + 1;
    this.#socket = socket;
  }

  /** Breaks it, established or not: calls and streams on it end as when a network tells of its failure. */
  drop(): void {
    this.#heardBefore = this.heard;
    this.#socket = undefined;
    for (const attempt of this.#attempts.values()) attempt.abort();
    this.#attempts.clear();
  }
}
