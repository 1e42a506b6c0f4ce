import { FleetError, type UnitHash, type UnitName } from "@fleet/core";
import type { ScheduleEntry } from "@fleet/registry";
import type { FileToInstall } from "@fleet/systemd";
import { fileToInstall } from "./file-to-install.ts";
import type { StepContext, StepProblem } from "./step-context.ts";
import type { UnitWork } from "./unit-work.ts";

/** How each unit of a batch failed; a unit that is not in it succeeded. */
export type BatchProblems = ReadonlyMap<UnitName, StepProblem>;

/** A unit that waits for its file, and the entry that names it. */
export interface Wanted {
  readonly work: UnitWork;
  readonly entry: ScheduleEntry;
}

/** Fetches the files of a batch with one call. One that is missing is its own unit's problem. */
export async function fetchFiles(
  batch: readonly Wanted[],
  context: StepContext,
): Promise<BatchProblems> {
  const hashes = [...new Set<UnitHash>(batch.map(({ entry }) => entry.hash))];
  const problems = new Map<UnitName, StepProblem>();
  try {
    const files = await context.files.unitFiles(hashes, context.signal);
    for (const { work, entry } of batch) {
      const file = files.get(entry.hash);
      if (file === undefined) {
        problems.set(work.unit, sure(`unit file ${entry.hash} is missing or cannot be read`));
        continue;
      }
      const ready = problemIn(() => fileToInstall(entry, file));
      if ("problem" in ready) problems.set(work.unit, sure(ready.problem.message));
      else work.file = ready.value;
    }
  } catch (error) {
    return allFailed(unitsOf(batch.map(({ work }) => work)), error, false);
  }
  return problems;
}

/** Writes the files of a batch with one call: all are there, after one reload, before any starts. */
export async function installFiles(
  works: readonly UnitWork[],
  context: StepContext,
): Promise<BatchProblems> {
  const files = works.flatMap((work): readonly FileToInstall[] => (work.file ? [work.file] : []));
  const problems = new Map<UnitName, StepProblem>();
  try {
    for (const result of await context.units.install(files, context.signal)) {
      if (!result.ok) {
        problems.set(result.unit, { message: result.error.message, unsure: true });
        continue;
      }
      const work = context.table.of(result.unit);
      const hash = work.file?.hash;
      work.actual = { unit: result.unit, hash, launched: work.actual?.launched ?? false };
      work.file = undefined;
    }
  } catch (error) {
    return allFailed(unitsOf(works), error, true);
  }
  return problems;
}

/** Removes stopped units, all at once; when that fails, one by one, to find out which ones it is. */
export async function removeUnits(
  works: readonly UnitWork[],
  context: StepContext,
): Promise<BatchProblems> {
  try {
    await context.units.remove(unitsOf(works), context.signal);
  } catch (error) {
    const failed = allFailed(unitsOf(works), error, true);
    if (works.length === 1 || context.signal.aborted) return failed;
    const problems = new Map<UnitName, StepProblem>();
    for (const work of works) {
      for (const [unit, problem] of await removeUnits([work], context)) problems.set(unit, problem);
    }
    return problems;
  }
  for (const work of works) work.actual = undefined;
  return new Map();
}

function allFailed(units: readonly UnitName[], error: unknown, unsure: boolean): BatchProblems {
  if (!(error instanceof FleetError)) throw error;
  return new Map(units.map((unit) => [unit, { message: error.message, unsure }]));
}

function unitsOf(works: readonly UnitWork[]): readonly UnitName[] {
  return works.map((work) => work.unit);
}

function sure(message: string): StepProblem {
  return { message, unsure: false };
}

function problemIn<T>(make: () => T): { readonly value: T } | { readonly problem: FleetError } {
  try {
    return { value: make() };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return { problem: error };
  }
}
