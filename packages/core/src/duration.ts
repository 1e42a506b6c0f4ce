const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * A duration such as `30s`, `1m30s` or `500ms` in whole milliseconds, as settings and unit files
 * have it. The unit is required. Nothing when `text` is none, or is too long to be counted.
 */
export function durationMsOf(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined;
  const sumMs = parts.reduce((sum, [, n, unit]) => sum + Number(n) * msPer(unit), 0);
  const ms = Math.trunc(sumMs);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

function msPer(unit: string | undefined): number {
  return MS_PER_UNIT[unit ?? ""] ?? 0;
}
