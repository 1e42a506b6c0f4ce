import { SystemdError } from "@fleet/core";

/** systemd, or the bus it is reached through, answered a call with an error. */
export class DBusError extends SystemdError {
  /** D-Bus's name for it, e.g. `org.freedesktop.systemd1.NoSuchUnit`. */
  readonly errorName: string;

  constructor(errorName: string, message: string) {
    super(message);
    this.errorName = errorName;
  }
}

/** The connection ended while a call was under way: nobody knows whether it was carried out. */
export class ConnectionLostError extends SystemdError {}

/** The unit is not in systemd's memory, or has no file to be loaded from. */
export function isNoSuchUnit(error: unknown): boolean {
  return hasName(error, "org.freedesktop.systemd1.NoSuchUnit");
}

/** The name is none that a unit in systemd's memory can have, such as a template's. */
export function isInvalidArgs(error: unknown): boolean {
  return hasName(error, "org.freedesktop.DBus.Error.InvalidArgs");
}

/** The process belongs to no unit of this systemd. */
export function isNoUnitForPid(error: unknown): boolean {
  return hasName(error, "org.freedesktop.systemd1.NoUnitForPID");
}

function hasName(error: unknown, name: string): boolean {
  return error instanceof DBusError && error.errorName === name;
}
