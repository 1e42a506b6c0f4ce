import { compileGlob, type Glob } from "../glob.ts";
import type { Handover } from "../unit/moving.ts";
import type { Requirements } from "../unit/requirements.ts";
import type { UnitName } from "../unit/unit-name.ts";

/** A unit as placement sees it: its name and what it asks for, patterns ready for use. */
export interface Candidate {
  readonly name: UnitName;
  readonly global: boolean;
  readonly machineId: string | undefined;
  readonly peers: readonly string[];
  readonly metadata: ReadonlyMap<string, ReadonlySet<string>>;
  readonly conflicts: PatternList;
  readonly replaces: PatternList;
  /** How long its machine may be silent before it moves; undefined: as long as the cluster allows. */
  readonly moveAfterMs: number | undefined;
  readonly handover: Handover;
}

/** Patterns against unit names, parted into those that are looked up and those that are matched. */
export interface PatternList {
  /** Patterns without special characters: each matches just the name it spells. */
  readonly literals: readonly string[];
  readonly globs: readonly CompiledGlob[];
}

export interface CompiledGlob {
  readonly pattern: string;
  /** What every matching name starts with: a cheap first test. */
  readonly prefix: string;
  readonly matches: Glob;
}

const NO_PATTERNS: PatternList = { literals: [], globs: [] };

/**
 * Prepares a unit for placement. Of a global unit only metadata and conflicts count: it runs on
 * every machine that those allow.
 */
export function candidateOf(name: UnitName, requirements: Requirements): Candidate {
  const { global } = requirements;
  return {
    name,
    global,
    machineId: global ? undefined : requirements.machineId,
    peers: global ? [] : requirements.peers,
    metadata: requirements.metadata,
    conflicts: patternListOf(requirements.conflicts),
    replaces: global ? NO_PATTERNS : patternListOf(requirements.replaces),
    moveAfterMs: requirements.moveAfterMs,
    handover: requirements.handover,
  };
}

export function isEmpty(patterns: PatternList): boolean {
  return patterns.literals.length === 0 && patterns.globs.length === 0;
}

function patternListOf(patterns: readonly string[]): PatternList {
  if (patterns.length === 0) return NO_PATTERNS;
  const literals: string[] = [];
  const globs: CompiledGlob[] = [];
  for (const pattern of new Set(patterns)) {
    const prefix = /^[^*?[\\]*/.exec(pattern)?.[0] ?? "";
    if (prefix === pattern) {
      literals.push(pattern);
      continue;
    }
    const matches = compilePattern(pattern);
    if (matches !== undefined) globs.push({ pattern, prefix, matches });
  }
  return { literals, globs };
}

/** `web@*.service` and its like are by far the most frequent and cost least when they are told apart. */
function compilePattern(pattern: string): Glob | undefined {
  const [prefix, suffix, ...more] = pattern.split("*");
  const isSimple = prefix !== undefined && suffix !== undefined && more.length === 0;
  if (!isSimple || /[?[\\]/.test(pattern)) return compileGlob(pattern);
  const charsMin = prefix.length + suffix.length;
  return (name) => name.length >= charsMin && name.startsWith(prefix) && name.endsWith(suffix);
}
