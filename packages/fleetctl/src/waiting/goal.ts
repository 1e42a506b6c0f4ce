import { FleetError } from "@fleet/core";

import type { ApiUnitState, ApiUnit } from "../client/fleet-api.ts";

/** All that is known of a unit at one look. */
export interface Sighting {
  readonly name: string;
  readonly unit: ApiUnit | undefined;
  /** Empty where the goal does not ask for them. */
  readonly states: readonly ApiUnitState[];
  /** When the look began, on the monotonic clock. */
  readonly atMs: number;
}

export type Verdict =
  /** `news` completes "unit X: …"; absent where the goal has told of it already. */
  | { readonly kind: "reached"; readonly news?: string }
  /** `reason` completes "waiting for unit X: …". */
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "failed"; readonly failure: WaitFailure };

/** What a wait is for. A goal tells on stdout what its units have reached. */
export interface Goal {
  readonly needsStates: boolean;
  judge(sighting: Sighting): Promise<Verdict>;
  /** The failure of a unit that did not get there in time. */
  overdue(name: string, overdue: Overdue): WaitFailure;
}

/** How a wait's time ran out. */
export interface Overdue {
  /** How long the wait was allowed to take. */
  readonly limitMs: number;
  /** What the unit waited for last. */
  readonly reason: string;
}

/** Whether fleet's own agent or systemd was waited for. */
export type WaitStage = "agent" | "systemd";

export interface WaitFailureOptions {
  readonly overdue?: WaitStage;
  readonly log?: WaitFailure["log"];
}

/** A wait that ended without its goal; `message` is one line. */
export class WaitFailure extends FleetError {
  readonly code = "FLEET_WAIT_FAILED";
  /** Which wait's time was over; undefined when a unit failed, which fleet 1.0.0 did not look at. */
  readonly overdue: WaitStage | undefined;
  /** Whose log says more, and on which machine. */
  readonly log: { readonly unit: string; readonly machine: string } | undefined;

  constructor(message: string, { overdue, log }: WaitFailureOptions = {}) {
    super(message);
    this.overdue = overdue;
    this.log = log;
  }
}
