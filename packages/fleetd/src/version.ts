/** What `fleetd --version`, the `Server` header and the machine record say. */
export const VERSION = "2.0.0";
