const PREFIX = "/org/freedesktop/systemd1/unit/";

/**
 * The object path of a unit: every byte of its name but ASCII letters and digits becomes `_` and
 * two hexadecimal digits, and so does a digit in front.
 */
export function unitObjectPath(unit: string): string {
  const bytes = Buffer.from(unit).toString("latin1");
  return PREFIX + bytes.replaceAll(/^[0-9]|[^A-Za-z0-9]/g, escapeByte);
}

function escapeByte(byte: string): string {
  return `_${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
