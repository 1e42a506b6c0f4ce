import {
  decodeUtf8,
  FleetError,
  isTargetState,
  normaliseUnitFile,
  parseUnitFile,
  parseUnitName,
  type TargetState,
  type UnitFile,
  unitHash,
  type UnitHash,
  type UnitName,
  unitNameParts,
  validateUnitFile,
} from "@fleet/core";

/** What is in a file of the drop directory, or why that cannot be read. */
export type DropContent =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "unreadable"; readonly problem: string };

/** A file of the drop directory as a wish, or why it is none. */
export type DropFile =
  | {
      readonly kind: "valid";
      readonly unit: UnitName;
      readonly file: UnitFile;
      readonly hash: UnitHash;
      readonly targetState: TargetState;
    }
  | { readonly kind: "invalid"; readonly problem: string };

type InvalidFile = DropFile & { readonly kind: "invalid" };

/** A reason may quote the file. */
const PROBLEM_CHARS_MAX = 1_000;
const STATE_LINE = /^[#;]\s*fleet:\s*(?<state>.*?)\s*$/;

/** Checks a file as the API checks a unit. `name` is the file's own, without its directory. */
export function readDropFile(name: string, content: DropContent): DropFile {
  if (content.kind === "unreadable") return invalid(content.problem);
  try {
    const unit = parseUnitName(name);
    const text = decodeUtf8(content.bytes);
    const options = parseUnitFile(text);
    if (options.length === 0) return invalid("the file has no options");
    validateUnitFile(options);
    const file = normaliseUnitFile(options);
    const targetState = targetStateOf(unit, text);
    if (typeof targetState !== "string") return targetState;
    return { kind: "valid", unit, file, hash: unitHash(file), targetState };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return invalid(error.message);
  }
}

/**
 * What the comment at the top asks for; launched without one. A template is never more than stored: there
 * the comment counts for the instances that are links to it.
 */
function targetStateOf(unit: UnitName, text: string): TargetState | InvalidFile {
  const asked = stateLineOf(text) ?? "launched";
  if (!isTargetState(asked)) {
    return invalid(`"# fleet: ${asked}" asks for none of launched, loaded and inactive`);
  }
  return unitNameParts(unit)?.kind === "template" ? "inactive" : asked;
}

function invalid(problem: string): InvalidFile {
  return { kind: "invalid", problem: problem.slice(0, PROBLEM_CHARS_MAX) };
}

/** The first `# fleet: …` among the comments and blank lines that the text begins with. */
function stateLineOf(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed !== "" && !/^[#;]/.test(trimmed)) return undefined;
    const state = STATE_LINE.exec(trimmed)?.groups?.["state"];
    if (state !== undefined) return state;
  }
  return undefined;
}
