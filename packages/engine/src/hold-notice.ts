import type { EngineWrite } from "@fleet/registry";
import type { Cluster } from "./model/cluster.ts";
import type { Report } from "./report.ts";

const RETRY_MS = 1_000;

/** What has been told of machines that were lost together, in the log and where the API reads it. */
export class HoldNotice {
  /** The machines told of, in one text; undefined before the first time. */
  #told: string | undefined;
  #logged = "";
  #retryAtMs = Number.NEGATIVE_INFINITY;

  /** When {@link due} is to be asked again though nothing happens (monotonic milliseconds). */
  get dueAtMs(): number {
    return this.#told === undefined ? this.#retryAtMs : Number.POSITIVE_INFINITY;
  }

  /** What to write now; taken for written from then on, unless {@link failed} is called. */
  due(cluster: Cluster, nowMs: number, report: Report): readonly EngineWrite[] {
    const machines = cluster.machines.absences.massLost;
    const text = machines.join();
    if (text !== this.#logged) report.held(machines);
    this.#logged = text;
    if (text === this.#told || nowMs < this.#retryAtMs) return [];
    this.#told = text;
    return [machines.length === 0 ? { kind: "release-moves" } : { kind: "hold-moves", machines }];
  }

  failed(nowMs: number): void {
    this.#told = undefined;
    this.#retryAtMs = nowMs + RETRY_MS;
  }
}
