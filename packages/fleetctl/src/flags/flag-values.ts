/**
 * The values that flags take. Those that fleet has are read and refused as Go's strconv package does, whose texts fleet's
 * messages show. Every function throws plain `Error` with that text; the scanner of
 * flags makes a UsageError of it that names the flag.
 */

const TRUE_WORDS: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE_WORDS: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);

export function parseBoolean(text: string): boolean {
  if (TRUE_WORDS.has(text)) return true;
  if (FALSE_WORDS.has(text)) return false;
  throw invalid("ParseBool", text, "invalid syntax");
}

const INTEGER =
  /^[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)$/;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A whole number, also `0x10`, `0b11`, `0o17`, `017` (octal) and `1_000`. */
export function parseInteger(text: string): number {
  if (!INTEGER.test(text)) throw invalid("ParseInt", text, "invalid syntax");
  const negative = text.startsWith("-");
  const digits = text.replace(/^[+-]/, "").replaceAll("_", "");
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = negative ? -magnitude : magnitude;
  if (value > INT64_MAX || value < INT64_MIN) {
    throw invalid("ParseInt", text, "value out of range");
  }
  return Number(value);
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^(?<sign>[+-]?)inf(?:inity)?$/i;

export function parseFloatingPoint(text: string): number {
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite.groups?.["sign"] === "-" ? -Infinity : Infinity;
  if (!DECIMAL.test(text)) throw invalid("ParseFloat", text, "invalid syntax");
  const value = Number(text);
  if (!Number.isFinite(value)) throw invalid("ParseFloat", text, "value out of range");
  return value;
}

const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["μs", 1e-3],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);
const NEGATIVE = "must not be negative";
const DURATION_PART = /^(?<amount>\d+\.?\d*|\.\d+)(?<unit>[^\d.]*)/;

/** A number of seconds, not less than 0. */
export function parseSeconds(text: string): number {
  const seconds = parseFloatingPoint(text);
  if (seconds < 0) throw new Error(NEGATIVE);
  return seconds;
}

/** A duration such as `1h30m`, `2.5s` or `300ms`, in milliseconds. A bare `0` needs no unit. */
export function parseDurationMs(text: string): number {
  if (text.startsWith("-")) throw new Error(NEGATIVE);
  if (text === "0") return 0;
  let totalMs = 0;
  let rest = text;
  do {
    const { amount = "", unit = "" } = DURATION_PART.exec(rest)?.groups ?? {};
    const unitMs = MS_PER_UNIT.get(unit);
    if (unitMs === undefined) throw new Error("not a duration such as 90s, 5m or 1h30m");
    totalMs += Number(amount) * unitMs;
    rest = rest.slice(amount.length + unit.length);
  } while (rest !== "");
  return totalMs;
}

function invalid(parser: string, text: string, problem: string): Error {
  return new Error(`strconv.${parser}: parsing ${quoted(text)}: ${problem}`);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
