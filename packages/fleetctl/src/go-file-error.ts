import { messageOf } from "@fleet/core";

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file or directory"],
  ["EISDIR", "is a directory"],
  ["EACCES", "permission denied"],
  ["ENOTDIR", "not a directory"],
  ["ELOOP", "too many levels of symbolic links"],
  ["ENAMETOOLONG", "file name too long"],
  ["ENOSPC", "no space left on device"],
]);

/** A failed file operation in the words of fleet's messages: `open PATH: permission denied`. */
export function goFileError(operation: string, path: string, error: unknown): Error {
  const code = codeOf(error);
  return new Error(`${operation} ${path}: ${WORDS.get(code) ?? messageOf(error)}`, {
    cause: error,
  });
}

/** The system's own name for what went wrong, e.g. `ENOENT`; "" for anything else. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
