import { tearDown } from "./teardown.ts";

/*
 * Runs beside a rig's process and outlives it: its standard input is a pipe that only that process holds. When the
 * pipe closes, in whatever way its holder ended (SIGKILL, too), what the rig's ledger still names is taken down.
 */
const directory = process.argv[2];
if (directory === undefined) throw new Error("usage: janitor RIG_DIRECTORY");

process.stdin.resume();
process.stdin.once("end", () => {
  void tearDown(directory);
});
