import { durationMsOf } from "../duration.ts";
import { RequirementsError } from "../errors.ts";
import { type FleetKey, fleetItems } from "./fleet-options.ts";
import { quoteText } from "./go-quote.ts";
import type { UnitFile } from "./unit-file.ts";

/** How a unit leaves a machine that is silent or has to give it up. */
export interface Moving {
  /** How long its machine may be silent before it moves; undefined as the cluster does (`MoveAfter`). */
  readonly moveAfterMs: number | undefined;
  /** What a machine does with it that has been cut off from etcd for its whole lease (`OnIsolation`). */
  readonly onIsolation: OnIsolation;
  /** Which comes first when it moves: its start there or its stop here (`Handover`). */
  readonly handover: Handover;
}

export type OnIsolation = "keep" | "stop";
export type Handover = "start-first" | "stop-first";

export const DEFAULT_MOVING: Moving = {
  moveAfterMs: undefined,
  onIsolation: "keep",
  handover: "start-first",
};

const ON_ISOLATION: readonly OnIsolation[] = ["keep", "stop"];
const HANDOVER: readonly Handover[] = ["start-first", "stop-first"];

/**
 * Reads the three options; they have no specifiers. A value that cannot be read says nothing. A unit
 * that must not run twice is never started first, whatever its `Handover` says.
 */
export function movingOf(file: UnitFile): Moving {
  const onIsolation = lastWord(file, "OnIsolation", ON_ISOLATION) ?? "keep";
  const handover = lastWord(file, "Handover", HANDOVER) ?? "start-first";
  return {
    moveAfterMs: durationMsOf(lastItem(file, "MoveAfter") ?? ""),
    onIsolation,
    handover: onIsolation === "stop" ? "stop-first" : handover,
  };
}

/**
 * Checks the three options.
 * @throws {RequirementsError} naming option and value of the first that cannot be read, or the two
 * that contradict each other.
 */
export function validateMoving(file: UnitFile): void {
  const moveAfter = lastItem(file, "MoveAfter");
  if (moveAfter !== undefined && durationMsOf(moveAfter) === undefined) {
    throw new RequirementsError(
      `MoveAfter=${quoteText(moveAfter)} is not a duration such as 30s or 1m30s`,
    );
  }
  const onIsolation = requireWord(file, "OnIsolation", ON_ISOLATION);
  const handover = requireWord(file, "Handover", HANDOVER);
  if (onIsolation === "stop" && handover === "start-first") {
    throw new RequirementsError("OnIsolation=stop cannot be used with Handover=start-first");
  }
}

function requireWord<T extends string>(
  file: UnitFile,
  key: FleetKey,
  words: readonly T[],
): T | undefined {
  const item = lastItem(file, key);
  const word = lastWord(file, key, words);
  if (item === undefined || word !== undefined) return word;
  throw new RequirementsError(`${key}=${quoteText(item)} is neither ${words.join(" nor ")}`);
}

/** The word that the last line of one key says, in any case, if it is one of `words`. */
function lastWord<T extends string>(
  file: UnitFile,
  key: FleetKey,
  words: readonly T[],
): T | undefined {
  const text = lastItem(file, key)?.toLowerCase();
  return words.find((word) => word === text);
}

function lastItem(file: UnitFile, key: FleetKey): string | undefined {
  return fleetItems(file, key, undefined).at(-1);
}
