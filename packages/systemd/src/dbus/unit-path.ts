const PREFIX = "/org/freedesktop/systemd1/unit/";

/**
 * The object path of a unit: every byte of its name but ASCII letters and digits becomes `_` and
 * two hexadecimal digits, and so does a digit in front.
 */
export function unitObjectPath(unit: string): string {
  let escaped = "";
  for (const [index, byte] of Buffer.from(unit).entries()) {
    const character = String.fromCodePoint(byte);
    const plain = index === 0 ? /[A-Za-z]/ : /[A-Za-z0-9]/;
    escaped += plain.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
  }
  return PREFIX + escaped;
}
