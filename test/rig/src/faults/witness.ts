import type { Machine } from "../machine.ts";

/** In a memory of its own, which no other file fills up. It goes with the machine's boot. */
const RECORD = "/dev/shm/witnesses";

/** A unit that writes down each start and stop of its own; `fleetSection` is the text of its `[X-Fleet]`. */
export function witnessUnit(fleetSection = ""): string {
  return `[Service]
ExecStart=/bin/sh -c 'echo %n start >> ${RECORD}; exec sleep infinity'
ExecStop=/bin/sh -c 'echo %n stop >> ${RECORD}'
[X-Fleet]
${fleetSection}
`;
}

/** What the witnesses of a machine saw since it booted, oldest first: `NAME start`, `NAME stop`. */
export async function seenBy(machine: Machine): Promise<readonly string[]> {
  const { stdout } = await machine.run(["cat", RECORD]);
  return stdout.split("\n").filter((line) => line !== "");
}
