import { resolve } from "node:path";

/** The checkout this rig belongs to; `src` and `dist` are equally deep. */
export const PROJECT_DIRECTORY = resolve(import.meta.dirname, "../../..");

/** Where every machine finds the checkout, read-only, wherever it is on the host. */
export const PROJECT_INSIDE = "/opt/fleet";

/** The Node.js that runs the rig, as every machine finds it, wherever it is on the host. */
export const NODE_INSIDE = "/opt/node/bin/node";
