const SURROGATES_FROM = 0xd800;
const SURROGATES_TO = 0xdfff;
const ABOVE_ALL_UNITS = 0x10000;

/**
 * Compares as the bytes of the UTF-8 texts do, which is how etcd orders keys. JavaScript's own order
 * differs where a surrogate pair meets a character above U+DFFF.
 */
export function compareBytes(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index += 1) {
    const difference = weightAt(left, index) - weightAt(right, index);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function weightAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  const isSurrogate = unit >= SURROGATES_FROM && unit <= SURROGATES_TO;
  return isSurrogate ? unit + ABOVE_ALL_UNITS : unit;
}

/** Where `key` stands in `sorted`, or would have to be put. */
export function positionOf(sorted: readonly string[], key: string): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareBytes(sorted[middle] ?? "", key) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
