/** What `fleetctl version` and its help say; the same as fleetd's. */
export const VERSION = "2.0.0";
