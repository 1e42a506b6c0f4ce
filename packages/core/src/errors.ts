/** Base of every failure a user or operator can meet. A broken invariant throws plain `Error`. */
export abstract class FleetError extends Error {
  /** Stable and listed in docs/errors.md: match on this, never on the message. */
  abstract readonly code: `FLEET_${string}`;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A unit name that fleet refuses. `message` is fleet's own text. */
export class UnitNameError extends FleetError {
  readonly code = "FLEET_UNIT_NAME_INVALID";
}

/** A unit file that cannot be read. `message` is fleet's own text. */
export class UnitFileError extends FleetError {
  readonly code = "FLEET_UNIT_FILE_INVALID";
}

/** `[X-Fleet]` options that contradict each other. */
export class RequirementsError extends FleetError {
  readonly code = "FLEET_REQUIREMENTS_INVALID";
}

/** The registry did not answer in time or refused the connection. Worth trying again. */
export class RegistryUnavailableError extends FleetError {
  readonly code = "FLEET_REGISTRY_UNAVAILABLE";
}

/** Another machine is present under this machine's ID. */
export class DuplicateMachineError extends FleetError {
  readonly code = "FLEET_MACHINE_DUPLICATE";
}

/** systemd could not be reached or refused a request; `message` says which and why. */
export class SystemdError extends FleetError {
  readonly code = "FLEET_SYSTEMD_FAILED";
}

/** A unit of that name belongs to the machine itself, not to fleet: it is never overwritten. */
export class ForeignUnitError extends FleetError {
  readonly code = "FLEET_UNIT_FOREIGN";
}

/** Settings that cannot be used; `problems` lists every one, each with its place. */
export class ConfigError extends FleetError {
  readonly code = "FLEET_CONFIG_INVALID";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.problems = problems;
  }
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
