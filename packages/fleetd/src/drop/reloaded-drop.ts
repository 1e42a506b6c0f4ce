import { childOf, type ChildSignal, untilAborted } from "@fleet/core";
import type { DropSettings, MakeRunner } from "./drop-runner.ts";

interface Running {
  readonly settings: DropSettings;
  readonly life: ChildSignal;
}

/**
 * Runs the drop directory of the settings, and that of other ones from when they are told: as a restart of the daemon
 * would, and with nothing else stopped.
 */
export class ReloadedDrop {
  readonly #make: MakeRunner;
  readonly #current: () => DropSettings;
  #running: Running | undefined;

  constructor(make: MakeRunner, current: () => DropSettings) {
    this.#make = make;
    this.#current = current;
  }

  /** The settings may have changed. */
  settingsChanged(): void {
    if (this.#running === undefined) return;
    const { settings, life } = this.#running;
    const { unit_drop_directory, unit_drop_prune } = this.#current();
    const isSame =
      settings.unit_drop_directory === unit_drop_directory &&
      settings.unit_drop_prune === unit_drop_prune;
    if (!isSame) life.end();
  }

  /** Works until `signal` aborts. Rejects only when an invariant is broken. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const running = { settings: this.#current(), life: childOf(signal) };
      this.#running = running;
      try {
        await this.#runOne(running);
      } finally {
        running.life.end();
      }
    }
  }

  async #runOne({ settings, life: { signal } }: Running): Promise<void> {
    const runner = this.#make(settings);
    if (runner === undefined) return untilAborted(signal);
    await runner.run(signal);
    if (!signal.aborted) throw new Error("the drop directory's runner ended early");
  }
}
