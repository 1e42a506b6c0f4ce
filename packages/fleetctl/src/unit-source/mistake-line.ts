import { parseUnitFile, UnitFileError } from "@fleet/core";

const LINE_FEED = 0x0a;

/**
 * The line, counted from 1, with which a unit file's mistake begins: the last one of its shortest beginning that has the same
 * mistake, whatever follows.
 */
export function mistakeLine(file: Uint8Array, mistake: string): number {
  const ends = [...lineEnds(file)];
  let good = 0;
  let bad = ends.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (mistakeIn(file.subarray(0, ends[middle - 1])) === mistake) bad = middle;
    else good = middle;
  }
  return bad;
}

function* lineEnds(file: Uint8Array): Generator<number> {
  for (const [index, byte] of file.entries()) if (byte === LINE_FEED) yield index + 1;
  if (file.at(-1) !== LINE_FEED) yield file.length;
}

function mistakeIn(file: Uint8Array): string | undefined {
  try {
    parseUnitFile(file);
    return undefined;
  } catch (error) {
    if (error instanceof UnitFileError) return error.message;
    throw error;
  }
}
