// Whatever another program writes into fleet's keys: it is named, it hides nothing else, and it stops no unit. Each row
// has a unit of its own; all of them are broken side by side, first while daemons run, then before others start.

import { type Etcd, startEtcd } from "@fleet/rig";
import { parseUnitFile, unitHash, type UnitName } from "@fleet/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { storeOn, untilTrue } from "./registry-under-test.ts";
import { MACHINE, PREFIX, SmallCluster } from "./small-cluster.ts";

const { signal } = new AbortController();
const MEGABYTE = 1_000_000;
const NO_HASH = "0".repeat(40);

const BREAKAGES: readonly (readonly [what: string, value: string | Buffer])[] = [
  ["nothing", ""],
  ["no JSON", "oops"],
  ["another kind of JSON", "[1]"],
  ["no fields", "{}"],
  ["fields of wrong types", `{"hash":7,"targetState":["launched"],"loadState":{},"ID":true}`],
  ["words that do not exist", `{"hash":"${NO_HASH}","targetState":"bogus"}`],
  ["a megabyte", "x".repeat(MEGABYTE)],
  ["a megabyte of JSON", JSON.stringify({ hash: "x".repeat(MEGABYTE) })],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xc3, 0x28, 0x00, 0x7d])],
  ["a unit file that is not this one", "[Service]\nExecStart=/bin/other\n[X-Fleet]\nGlobal=true\n"],
];

/** Keys that speak of one unit, by what is lost to a reader who cannot read them. */
const KEYS: Readonly<Record<string, (unit: UnitName) => string>> = {
  units: (unit) => `units/${unit}`,
  "unit-files": (unit) => `unit-files/${unitHash(fileOf(unit))}`,
  assignments: (unit) => `assignments/${unit}/${MACHINE}`,
  schedule: (unit) => `schedule/${MACHINE}/${unit}`,
  states: (unit) => `states/${MACHINE}/${unit}`,
};

const ROWS = Object.keys(KEYS).flatMap((folder) =>
  BREAKAGES.map(([what], index) => ({ folder, what, index })),
);

/** Of these nothing can be made: a part is empty, or there is one too many. */
const ODD_KEYS = [
  "units/",
  "units//",
  "units/odd.service/",
  "units/odd.service/more",
  "units/no type",
  "unit-files/",
  "unit-files/xyz",
  `unit-files/${NO_HASH}/more`,
  "assignments/",
  "assignments/odd.service",
  "assignments/odd.service/",
  `assignments//${MACHINE}`,
  `assignments/odd.service/${MACHINE}/more`,
  `schedule/${MACHINE}/`,
  "schedule//odd.service",
  `schedule/${MACHINE}/odd.service/more`,
  `states/${MACHINE}/`,
  "states//odd.service",
  `states/${MACHINE}/odd.service/more`,
  "machines/",
  "machines//object",
  `machines/${MACHINE}`,
  `machines/${MACHINE}/object/more`,
  `machines/${MACHINE}/metadata/`,
  "lease/",
  "lease/engine-leader/more",
  "waiting/",
];

function fileOf(unit: string) {
  return parseUnitFile(`[Service]\nExecStart=/bin/${unit}\n`);
}

describe("a daemon that finds broken values in etcd", () => {
  let etcd: Etcd;
  let cluster: SmallCluster;
  let odd: UnitName;
  const units = new Map<(typeof ROWS)[number], UnitName>();
  const logged = { running: "", restarted: "" };

  /** Writes bytes behind everybody's back. */
  const scribble = async (key: string, value: string | Buffer): Promise<void> => {
    const base64 = (content: string | Buffer) => Buffer.from(content).toString("base64");
    const body = JSON.stringify({ key: base64(PREFIX + key), value: base64(value) });
    const answer = await fetch(`${etcd.endpoint}/v3/kv/put`, { method: "POST", body });
    if (!answer.ok) throw new Error(`not written: ${await answer.text()}`);
  };

  beforeAll(async () => {
    etcd = await startEtcd();
    cluster = new SmallCluster(() => storeOn([etcd.endpoint]));
    await cluster.start();
    for (const row of ROWS) {
      units.set(row, await cluster.launch(`${row.folder}-${row.index}.service`));
    }
    odd = await cluster.launch("odd.service");
    await cluster.untilRuns(odd, ...units.values());
    await untilTrue("every state is published", () => {
      const publisher = cluster.agent?.dumpState().UnitStatePublisher;
      return Object.keys(publisher?.Cache ?? {}).length === units.size + 1;
    });
    for (const [{ folder, index }, unit] of units) {
      await scribble(KEYS[folder]?.(unit) ?? "", BREAKAGES[index]?.[1] ?? "");
    }
    for (const key of ODD_KEYS)
      await scribble(key, `{"hash":"${NO_HASH}","targetState":"launched"}`);
    await cluster.untilTakenIn();
    await cluster.registry.statePage({ start: { kind: "first" }, limit: 1_000 }, {}, signal);
    logged.running = cluster.logged.splice(0).join("\n");
    await cluster.stop();
    await cluster.start();
    await cluster.untilTakenIn();
    logged.restarted = cluster.logged.splice(0).join("\n");
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await etcd?.stop();
  });

  test.for(Object.keys(KEYS))("below %s: what is broken is named, and stops nothing", (folder) => {
    // A daemon that starts publishes every state anew.
    const isMended = folder === "states";
    const rows = [...units].filter(([row]) => row.folder === folder);
    const outcomes = rows.map(([{ what }, unit]) => {
      const key = PREFIX + (KEYS[folder]?.(unit) ?? "");
      const named = [logged.running.includes(key), logged.restarted.includes(key)];
      return { what, journal: cluster.journalOf(unit), named };
    });
    const wanted = { journal: ["start"], named: [true, !isMended] };
    expect(outcomes).toEqual(BREAKAGES.map(([what]) => ({ what, ...wanted })));
  });

  test("keys of an odd shape are none of fleet's", () => {
    expect(cluster.journalOf(odd)).toEqual(["start"]);
  });
});
