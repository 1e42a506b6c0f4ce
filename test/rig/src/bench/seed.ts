import { createHash } from "node:crypto";

import { RigError } from "../rig-error.ts";
import { eachLimited } from "./bench-api.ts";

const PREFIX = "/_coreos.com/fleet/";
/** Of five keys each: below etcd's limit of 128 operations a transaction. */
const UNITS_IN_ONE_WRITE = 25;
const WRITES_IN_FLIGHT = 8;

/**
 * Writes units that are placed and reported running on `machines` in turn, straight into etcd as docs/keyspace.md has
 * it: as many systemd units would take longer than all that is measured.
 */
export async function seedUnits(
  etcd: string,
  units: readonly string[],
  machines: readonly string[],
): Promise<void> {
  const batches: string[][] = [];
  for (let from = 0; from < units.length; from += UNITS_IN_ONE_WRITE) {
    batches.push(units.slice(from, from + UNITS_IN_ONE_WRITE));
  }
  await eachLimited(batches, WRITES_IN_FLIGHT, async (batch) => {
    const pairs = batch.flatMap((unit) => {
      const index = Number(/\d+/.exec(unit)?.[0] ?? 0);
      return keysOf(unit, machines[index % machines.length] ?? "");
    });
    await put(etcd, pairs);
  });
}

function keysOf(unit: string, machine: string): readonly (readonly [string, string])[] {
  const file = `[Service]\nExecStart=/bin/sleep infinity\n\n[Unit]\nDescription=${unit}\n`;
  const hash = createHash("sha1").update(file).digest("hex");
  const wish = JSON.stringify({ hash, targetState: "launched" });
  const state = JSON.stringify({
    loadState: "loaded",
    activeState: "active",
    subState: "running",
    machineState: { ID: machine },
    unitHash: hash,
    currentState: "launched",
  });
  return [
    [`units/${unit}`, wish],
    [`unit-files/${hash}`, file],
    [`assignments/${unit}/${machine}`, wish],
    [`schedule/${machine}/${unit}`, wish],
    [`states/${machine}/${unit}`, state],
  ];
}

/** In one transaction, over etcd's JSON gateway. */
async function put(etcd: string, pairs: readonly (readonly [string, string])[]): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const success = pairs.map(([key, value]) => ({
    requestPut: { key: base64(PREFIX + key), value: base64(value) },
  }));
  const request = { method: "POST", body: JSON.stringify({ success }) };
  const answer = await fetch(`${etcd}/v3/kv/txn`, request);
  if (!answer.ok) throw new RigError(`etcd refused the units: ${await answer.text()}`);
}
