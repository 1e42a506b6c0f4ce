import { FleetError } from "@fleet/core";

/** A read or watch of a revision that etcd no longer keeps: read the present and go on from there. */
export class RevisionCompactedError extends FleetError {
  readonly code = "FLEET_REVISION_COMPACTED";
}

/** What is quoted of a value may be as long as the value, which may be a megabyte. */
const MESSAGE_CHARS_MAX = 300;

/** A stored value that cannot be read, with its key: another program wrote it, or broke it. */
export class RegistryDataError extends FleetError {
  readonly code = "FLEET_REGISTRY_DATA";

  constructor(message: string, options?: ErrorOptions) {
    const isLong = message.length > MESSAGE_CHARS_MAX;
    super(isLong ? `${message.slice(0, MESSAGE_CHARS_MAX)}…` : message, options);
  }
}
