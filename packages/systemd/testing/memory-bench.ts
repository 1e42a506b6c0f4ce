import { parseUnitName, type UnitName } from "@fleet/core";

import type { UnitBehaviour } from "../src/memory/behaviour.ts";
import { MemorySystemd } from "../src/memory/memory-systemd.ts";
import { MemoryUnitManager } from "../src/memory/memory-unit-manager.ts";
import type { UnitManagerBench } from "./bench.ts";
import { realClock } from "./real-clock.ts";
import type { SampleKind } from "./sample-units.ts";

const BEHAVIOURS: Readonly<Record<SampleKind, UnitBehaviour>> = {
  runs: { start: "runs" },
  exits: { start: "exits" },
  skips: { start: "skips" },
  fails: { start: "fails" },
  crashes: { start: "crashes" },
  refused: { start: "refused" },
  lingers: { start: "exits", startMs: 3_600_000 },
};

/** The in-memory twin, made ready for the contract. */
export async function openMemoryBench(): Promise<UnitManagerBench> {
  return new MemoryBench();
}

class MemoryBench implements UnitManagerBench {
  readonly foreign = parseUnitName("contract-foreign.service");
  readonly #systemd = new MemorySystemd(realClock);
  manager = new MemoryUnitManager({ clock: realClock, systemd: this.#systemd });

  constructor() {
    this.#systemd.addForeign(this.foreign);
  }

  teach(unit: UnitName, kind: SampleKind): void {
    this.#systemd.behave(unit, BEHAVIOURS[kind]);
  }

  async reopen(): Promise<void> {
    await this.manager.close();
    this.manager = new MemoryUnitManager({ clock: realClock, systemd: this.#systemd });
  }

  async reboot(): Promise<void> {
    this.#systemd.reboot({ keepFiles: true });
    await this.reopen();
  }

  async breakConnection(): Promise<void> {
    this.#systemd.setReachable(false);
    this.#systemd.setReachable(true);
  }

  async edit(unit: UnitName, text: string): Promise<void> {
    this.#systemd.files.set(unit, text);
  }

  async isForeignUntouched(): Promise<boolean> {
    return this.#systemd.foreignPath(this.foreign) !== undefined;
  }

  async isEnabled(unit: UnitName): Promise<boolean> {
    return this.#systemd.enabled.has(unit);
  }

  async reloads(): Promise<string> {
    return String(this.#systemd.reloads);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#systemd.reboot();
    await this.manager.close();
  }
}
