import { writeFile } from "node:fs/promises";

import type { FileContent } from "../machine-root.ts";
import type { Machine } from "../machine.ts";

const OFFSET = "/etc/fleet/clock-offset";

/** Variables for a fleetd whose clock can be set apart from everybody else's, by libfaketime. */
export const CLOCK_ENVIRONMENT: Readonly<Record<string, string>> = {
  LD_PRELOAD: "/usr/$LIB/faketime/libfaketimeMT.so.1",
  FAKETIME_TIMESTAMP_FILE: OFFSET,
  FAKETIME_CACHE_DURATION: "1",
  // The time of day is what jumps on a real machine, too; the monotonic clock never does.
  FAKETIME_DONT_FAKE_MONOTONIC: "1",
};

/** Files of a machine with such a fleetd. */
export const CLOCK_FILES: Readonly<Record<string, FileContent>> = { [OFFSET]: "+0\n" };

/** Sets the daemon's clock off the host's from the next second on, e.g. `-1h`; `+0` sets it right. */
export async function setDaemonClock(machine: Machine, offset: string): Promise<void> {
  await writeFile(machine.path(OFFSET), `${offset}\n`);
}
