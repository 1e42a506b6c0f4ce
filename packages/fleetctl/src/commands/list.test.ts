import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { TestCluster } from "../../testing/index.ts";

const M1 = "11111111aaaa";
const M2 = "22222222bbbb";
/** Of a unit file without options. */
const EMPTY_HASH = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.open();
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

describe("list-machines", () => {
  beforeEach(async () => {
    await cluster.join(M2, "", {});
    await cluster.join(M1, "10.0.0.1", { zone: "b", disk: "ssd" });
  });

  test.for<[string[], string]>([
    [
      [],
      "MACHINE\t\tIP\t\tMETADATA\n11111111...\t10.0.0.1\tdisk=ssd,zone=b\n22222222...\t-\t\t-\n",
    ],
    [["-l"], `MACHINE\t\tIP\t\tMETADATA\n${M1}\t10.0.0.1\tdisk=ssd,zone=b\n${M2}\t-\t\t-\n`],
    [["--no-legend", "--full", "--fields", "machine"], `${M1}\n${M2}\n`],
    [
      ["--l", "--no-legend", "--fields=ip,machine,ip", "ignored"],
      `10.0.0.1\t${M1}\t10.0.0.1\n-\t\t${M2}\t-\n`,
    ],
  ])("%o", async ([flags, stdout]) => {
    const ended = await cluster.run("list-machines", ...flags);
    expect(ended).toEqual({ status: 0, stdout, stderr: "" });
  });

  test("a failure tells what may be the matter", async () => {
    cluster.failFromNowOn();
    expect(await cluster.run("list-machines")).toEqual({
      status: 1,
      stdout: "",
      stderr: [
        "Error retrieving list of active machines from fleet API (googleapi: Error 503: fleet server unable to communicate with etcd)",
        "Possible issues:",
        "  etcd is unhealthy and/or lost quorum",
        "  connection cannot be established to any etcd servers\n",
      ].join("\n"),
    });
  });
});

describe("list-units", () => {
  beforeEach(async () => {
    await cluster.join(M1, "10.0.0.1");
    await cluster.put("b.service", "launched");
    await cluster.put("a.service", "loaded");
    await cluster.put("c.service", "inactive");
  });

  test.for<[string[], string]>([
    [
      [],
      [
        "UNIT\t\tMACHINE\t\t\tACTIVE\t\tSUB",
        "a.service\t11111111.../10.0.0.1\tinactive\tdead",
        "b.service\t11111111.../10.0.0.1\tactive\t\trunning\n",
      ].join("\n"),
    ],
    [
      ["--no-legend", "--full", "--fields=unit,load,machine,hash"],
      [`a.service\tloaded\t${M1}/10.0.0.1\t`, `b.service\tloaded\t${M1}/10.0.0.1\t`]
        .map((line) => `${line}${EMPTY_HASH}\n`)
        .join(""),
    ],
    [["--no-legend", "--fields=hash"], `${EMPTY_HASH.slice(0, 7)}\n`.repeat(2)],
  ])("%o", async ([flags, stdout]) => {
    const ended = await cluster.run("list-units", ...flags);
    expect(ended).toEqual({ status: 0, stdout, stderr: "" });
  });

  test("a failure is one line", async () => {
    cluster.failFromNowOn();
    expect(await cluster.run("list-units")).toEqual({
      status: 1,
      stdout: "",
      stderr:
        "Error retrieving list of units from repository: googleapi: Error 503: fleet server unable to communicate with etcd\n",
    });
  });
});

describe("list-unit-files", () => {
  beforeEach(async () => {
    await cluster.join(M1, "10.0.0.1");
    await cluster.put("a.service", "launched", "[Unit]\nDescription=An A\n");
    await cluster.put("b.service", "inactive");
    await cluster.put("g.service", "launched", "[X-Fleet]\nGlobal=true\n");
  });

  test.for<[string[], string[]]>([
    [
      [],
      [
        "UNIT\t\tHASH\tDSTATE\t\tSTATE\t\tTARGET",
        "a.service\t8b9fba8\tlaunched\tlaunched\t11111111.../10.0.0.1",
        "b.service\tda39a3e\tinactive\tinactive\t-",
        "g.service\te32a2bc\tlaunched\t-\t\tglobal",
      ],
    ],
    [
      ["--no-legend", "--fields=unit,global,desc"],
      ["a.service\tfalse\tAn A", "b.service\tfalse\t-", "g.service\ttrue\t-"],
    ],
    [
      ["--full", "--no-legend", "--fields=target"],
      [`${M1}/10.0.0.1`, "-", "global"],
    ],
  ])("%o", async ([flags, lines]) => {
    const { status, stdout, stderr } = await cluster.run("list-unit-files", ...flags);
    expect({ status, lines: stdout.split("\n"), stderr }).toEqual({
      status: 0,
      lines: [...lines, ""],
      stderr: "",
    });
  });

  test("a machine that has left is shown without an address", async () => {
    await cluster.leave(M1);
    const ended = await cluster.run("list-unit-files", "--no-legend", "--fields=target");
    expect(ended.stdout).toBe("11111111...\n-\nglobal\n");
  });

  test("the old name of a field is known, with a warning", async () => {
    expect(await cluster.run("list-unit-files", "--no-legend", "--fields=tmachine")).toEqual({
      status: 0,
      stdout: "11111111.../10.0.0.1\n-\nglobal\n",
      stderr: 'WARNING: The "tmachine" field is deprecated. Use "target" instead\n',
    });
  });
});

describe("fields that do not exist are refused before anything is asked", () => {
  test.for([
    ["list-machines", "", "Must define output format"],
    ["list-units", "unit,,x", 'Invalid key in output format: ""'],
    ["list-unit-files", "Unit", 'Invalid key in output format: "Unit"'],
  ] as const)("%s --fields=%s", async ([command, fields, message]) => {
    cluster.failFromNowOn();
    const ended = await cluster.run(command, `--fields=${fields}`);
    expect(ended).toEqual({ status: 1, stdout: "", stderr: `${message}\n` });
  });
});

test("an empty list is its legend", async () => {
  expect(await cluster.run("list-units")).toEqual({
    status: 0,
    stdout: "UNIT\tMACHINE\tACTIVE\tSUB\n",
    stderr: "",
  });
});
