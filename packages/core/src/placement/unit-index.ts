import type { UnitName } from "../unit/unit-name.ts";
import { isEmpty, type Candidate, type CompiledGlob, type PatternList } from "./candidate.ts";

/** Two units that a pattern of one of them keeps from sharing a machine. */
export interface Match {
  /** The unit in the index. */
  readonly with: UnitName;
  readonly pattern: string;
  /** Whose pattern it is: the unit that was asked about, or the one in the index. */
  readonly declaredBy: "unit" | "other";
}

const NO_MATCHES: readonly Match[] = [];

/**
 * A set of units that answers "which of you have a conflict with this one?" by index: literal
 * patterns are looked up, equal globs are matched once however many units declare them.
 */
export class UnitIndex {
  readonly #units = new Map<UnitName, Candidate>();
  readonly #conflicts = new DeclaredPatterns();
  readonly #replaces = new DeclaredPatterns();

  get size(): number {
    return this.#units.size;
  }

  has(name: string): boolean {
    return this.#units.has(name as UnitName);
  }

  get(name: UnitName): Candidate | undefined {
    return this.#units.get(name);
  }

  /** In no particular order. */
  candidates(): Iterable<Candidate> {
    return this.#units.values();
  }

  /** Adds a unit, in place of an older version of it. */
  add(unit: Candidate): void {
    this.remove(unit.name);
    this.#units.set(unit.name, unit);
    this.#conflicts.add(unit.name, unit.conflicts);
    this.#replaces.add(unit.name, unit.replaces);
  }

  remove(name: UnitName): void {
    const unit = this.#units.get(name);
    if (unit === undefined) return;
    this.#units.delete(name);
    this.#conflicts.remove(name, unit.conflicts);
    this.#replaces.remove(name, unit.replaces);
  }

  /** Every conflict, whoever declares it, between `unit` and the units here except itself. */
  conflictsOf(unit: Candidate): readonly Match[] {
    if (isEmpty(unit.conflicts) && this.#conflicts.empty) return NO_MATCHES;
    return [...this.#matchedBy(unit, unit.conflicts), ...this.#conflicts.declaring(unit.name)];
  }

  /** Whether {@link conflictsOf} would find any: the quicker question. */
  hasConflict(unit: Candidate): boolean {
    if (this.#conflicts.declares(unit.name)) return true;
    if (unit.conflicts.literals.some((name) => name !== unit.name && this.has(name))) return true;
    for (const glob of unit.conflicts.globs) {
      for (const name of this.#units.keys()) {
        if (name !== unit.name && accepts(glob, name)) return true;
      }
    }
    return false;
  }

  /** The units here that `unit` declares to replace. */
  replacedBy(unit: Candidate): readonly Match[] {
    return isEmpty(unit.replaces) ? NO_MATCHES : this.#matchedBy(unit, unit.replaces);
  }

  /** The units here that declare to replace `unit`. */
  replacersOf(unit: Candidate): readonly Match[] {
    return this.#replaces.empty ? NO_MATCHES : this.#replaces.declaring(unit.name);
  }

  #matchedBy(unit: Candidate, patterns: PatternList): readonly Match[] {
    const matches: Match[] = [];
    for (const pattern of patterns.literals) {
      if (!this.has(pattern) || pattern === unit.name) continue;
      matches.push({ with: pattern as UnitName, pattern, declaredBy: "unit" });
    }
    for (const glob of patterns.globs) {
      for (const name of this.#units.keys()) {
        if (name === unit.name || !accepts(glob, name)) continue;
        matches.push({ with: name, pattern: glob.pattern, declaredBy: "unit" });
      }
    }
    return matches;
  }
}

/** The match that is reported: lowest name first, then the asking unit's own pattern, then its text. */
export function firstMatch(matches: readonly Match[]): Match | undefined {
  let first: Match | undefined;
  for (const match of matches) if (first === undefined || precedes(match, first)) first = match;
  return first;
}

function precedes(a: Match, b: Match): boolean {
  if (a.with !== b.with) return a.with < b.with;
  if (a.declaredBy !== b.declaredBy) return a.declaredBy === "unit";
  return a.pattern < b.pattern;
}

function accepts(glob: CompiledGlob, name: string): boolean {
  return name.startsWith(glob.prefix) && glob.matches(name);
}

/** Patterns and the units that declare them; one that several declare is kept once. */
class DeclaredPatterns {
  readonly #literals = new Map<string, Set<UnitName>>();
  readonly #globs = new Map<string, { readonly glob: CompiledGlob; readonly by: Set<UnitName> }>();

  get empty(): boolean {
    return this.#literals.size === 0 && this.#globs.size === 0;
  }

  add(name: UnitName, patterns: PatternList): void {
    for (const literal of patterns.literals) {
      const by = this.#literals.get(literal);
      if (by === undefined) this.#literals.set(literal, new Set([name]));
      else by.add(name);
    }
    for (const glob of patterns.globs) {
      const declared = this.#globs.get(glob.pattern);
      if (declared === undefined) this.#globs.set(glob.pattern, { glob, by: new Set([name]) });
      else declared.by.add(name);
    }
  }

  remove(name: UnitName, patterns: PatternList): void {
    for (const literal of patterns.literals) {
      const by = this.#literals.get(literal);
      if (by?.delete(name) && by.size === 0) this.#literals.delete(literal);
    }
    for (const { pattern } of patterns.globs) {
      const by = this.#globs.get(pattern)?.by;
      if (by?.delete(name) && by.size === 0) this.#globs.delete(pattern);
    }
  }

  /** Whether any unit other than `name` declares a pattern that matches it. */
  declares(name: UnitName): boolean {
    const isDeclared = (by: ReadonlySet<UnitName>): boolean => by.size > (by.has(name) ? 1 : 0);
    const spelt = this.#literals.get(name);
    if (spelt !== undefined && isDeclared(spelt)) return true;
    for (const { glob, by } of this.#globs.values()) {
      if (isDeclared(by) && accepts(glob, name)) return true;
    }
    return false;
  }

  /** The declared patterns that match `name`, once for each other unit that declares them. */
  declaring(name: UnitName): readonly Match[] {
    const matches: Match[] = [];
    const report = (pattern: string, by: ReadonlySet<UnitName>): void => {
      for (const other of by) {
        if (other !== name) matches.push({ with: other, pattern, declaredBy: "other" });
      }
    };
    const spelt = this.#literals.get(name);
    if (spelt !== undefined) report(name, spelt);
    for (const { glob, by } of this.#globs.values()) {
      if (accepts(glob, name)) report(glob.pattern, by);
    }
    return matches;
  }
}
