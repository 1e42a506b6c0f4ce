import { FleetError } from "@fleet/core";

/** A read or watch of a revision that etcd no longer keeps: read the present and go on from there. */
export class RevisionCompactedError extends FleetError {
  readonly code = "FLEET_REVISION_COMPACTED";
}

/** A stored value that cannot be read, with its key: another program wrote it, or broke it. */
export class RegistryDataError extends FleetError {
  readonly code = "FLEET_REGISTRY_DATA";
}
