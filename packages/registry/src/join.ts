import { DuplicateMachineError } from "@fleet/core";

import type { RegistryContext } from "./context.ts";
import { followKey } from "./follow-key.ts";
import { announce } from "./presence.ts";
import type { Announcement, Presence } from "./registry.ts";
import { linkSignals } from "./signals.ts";
import { UnsureAnnouncement } from "./unsure-announcement.ts";

/** etcd removes the keys of a lease a little after its end. */
const LEASE_END_GRACE_MS = 2_000;

/**
 * Announces a machine, also one that has just rebooted: its record of before looks exactly like that
 * of a running machine with the same ID, but its lease ends. So that is waited for, once.
 */
export class Joining {
  readonly #context: RegistryContext;
  readonly #unsure = new UnsureAnnouncement();
  /** A record that was there for longer than its lease: whoever wrote it is alive. */
  #alive: string | undefined;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /** @throws {DuplicateMachineError} when another instance is, and stays, present under this ID. */
  async announce(announcement: Announcement, signal: AbortSignal): Promise<Presence> {
    try {
      return await announce(this.#context, this.#unsure, announcement, signal);
    } catch (error) {
      const isTaken = error instanceof DuplicateMachineError;
      if (!isTaken || !(await this.#endsItself(announcement, signal))) throw error;
    }
    return announce(this.#context, this.#unsure, announcement, signal);
  }

  /** Waits for the end of the lease of whoever has our ID; false when it is still there. */
  async #endsItself({ machine, ttlMs }: Announcement, signal: AbortSignal): Promise<boolean> {
    const { clock, keys, log, store } = this.#context;
    const key = keys.machine(machine.id);
    const present = (await store.range({ start: key }, signal)).items[0]?.value;
    if (present === undefined) return true;
    if (present === this.#alive) return false;
    const waitMs = ttlMs + LEASE_END_GRACE_MS;
    log.info(
      { machine: machine.id, waitMs },
      "This machine's ID is registered already, as it is after a reboot: waiting for that lease to end",
    );
    using waiting = linkSignals(signal);
    void clock.sleep(waitMs, waiting.signal).then(() => waiting.abort());
    const onItem = (item: unknown): void => void (item === undefined && waiting.abort());
    await followKey(key, onItem, this.#context, waiting.signal);
    signal.throwIfAborted();
    const [still] = (await store.range({ start: key }, signal)).items;
    this.#alive = still?.value;
    return still === undefined;
  }
}
