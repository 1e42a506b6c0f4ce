import type { Machine } from "../machine.ts";

/** Which packets of a machine are lost, as the machine sees them. */
export type Lost = "incoming" | "outgoing" | "both";

const TABLE = "fault";
const INCOMING = `chain incoming { type filter hook input priority 0; iifname "host0" drop; };`;
const OUTGOING = `chain outgoing { type filter hook output priority 0; oifname "host0" drop; };`;
const RULES: Readonly<Record<Lost, string>> = {
  incoming: INCOMING,
  outgoing: OUTGOING,
  both: `${INCOMING} ${OUTGOING}`,
};

/** Has the machine's kernel drop packets; the link stays up, and nobody is told. */
export async function dropPackets(machine: Machine, lost: Lost): Promise<void> {
  await machine.exec("nft", `table inet ${TABLE} { ${RULES[lost]} }`);
}

/** Lets them pass again. */
export async function passPackets(machine: Machine): Promise<void> {
  await machine.exec("nft", "delete", "table", "inet", TABLE);
}
