import { parseUnitName } from "@fleet/core";
import { describe, expect, test } from "vitest";
import { DropCluster, type DropMachine } from "../../testing/drop-machine.ts";

const WEB = "web.service";
const [V1, V2] = ["[Service]\nExecStart=v1\n", "[Service]\nExecStart=v2\n"] as const;
const { signal } = new AbortController();

describe("one directory", () => {
  test("its files are units, and follow what happens to the files", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start({ [WEB]: V1, "db.service": `# fleet: loaded\n${V1}` });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual([
      "db.service loaded v1 1111",
      "web.service launched v1 1111",
    ]);
    m1.change({ [WEB]: V2, "new.service": V1 });
    await cluster.clock.settle();
    m1.change({ "db.service": undefined });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual([
      "new.service launched v1 1111",
      "web.service launched v2 1111",
    ]);
    expect(m1.counts).toEqual({ submitted: 2, invalid: 0, refused: 0 });
  });

  test("a file written again with the same content is not even looked up", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start({ [WEB]: V1 });
    await cluster.clock.settle();
    m1.store.disconnect();
    m1.change({ [WEB]: `\n${V1}` });
    await cluster.clock.settle();
    expect(cluster.clock.sleepers).toBe(0);
  });

  test("an invalid file is told once and the last good version stays", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start({ [WEB]: V1 });
    await cluster.clock.settle();
    for (const text of ["", "# still nothing\n"]) {
      m1.change({ [WEB]: text });
      await cluster.clock.settle();
    }
    expect(await cluster.units()).toEqual(["web.service launched v1 1111"]);
    expect(await cluster.files()).toEqual(["1111 web.service launched the file has no options"]);
    expect(m1.counts).toEqual({ submitted: 0, invalid: 1, refused: 0 });
    const said = m1.log.filter((line) => line.startsWith("warn"));
    expect(said).toEqual(["warn: Dropped file invalid, web.service, the file has no options"]);
    m1.change({ [WEB]: V1 });
    await cluster.clock.settle();
    expect(await cluster.files()).toEqual(["1111 web.service launched -"]);
  });

  test("a unit that a person stopped stays stopped over a restart, until its file changes", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start({ [WEB]: V1 });
    await cluster.clock.settle();
    const name = parseUnitName(WEB);
    const expected = (await cluster.registry.storedUnit(name, signal))?.revision ?? 0;
    await cluster.registry.setTargetState({ name, targetState: "inactive", expected }, signal);
    await m1.stop();
    m1.start({ [WEB]: V1 });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service inactive v1 1111"]);
    m1.change({ [WEB]: V2 });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service launched v2 1111"]);
  });
});

describe("other people's units", () => {
  test("a person's unit is left alone, told once, and made when it makes room", async () => {
    await using cluster = new DropCluster();
    await cluster.submit(WEB, V1);
    const m1 = cluster.machine("1111");
    m1.start({ [WEB]: V2 });
    await cluster.clock.settle();
    m1.change({ [WEB]: `# fleet: loaded\n${V2}` });
    await cluster.clock.settle();
    await cluster.submit(WEB, "[Service]\nExecStart=v3\n");
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service inactive v3 api"]);
    const reason = "a unit of this name exists that no directory made";
    expect(await cluster.files()).toEqual([`1111 web.service - ${reason}`]);
    const said = m1.log.filter((line) => line.startsWith("warn"));
    expect(said).toEqual([`warn: Dropped file refused, web.service, ${reason}`]);
    await cluster.registry.destroyUnit(parseUnitName(WEB), signal);
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service loaded v2 1111"]);
  });

  test("a unit whose file a person replaced is theirs: it outlives the dropped file", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start({ [WEB]: V1 });
    await cluster.clock.settle();
    await cluster.submit(WEB, V2);
    m1.change({ [WEB]: `# fleet: loaded\n${V1}` });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service inactive v2 api"]);
    m1.change({ [WEB]: undefined });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service inactive v2 api"]);
    expect(await cluster.files()).toEqual([]);
  });
});

describe("several machines", () => {
  test("the same file is one unit, which goes with the last of them", async () => {
    await using cluster = new DropCluster();
    const machines = ["1111", "2222", "3333"].map((id) => cluster.machine(id));
    for (const machine of machines) machine.start({ [WEB]: V1 });
    await cluster.clock.until("all hold it", () =>
      machines.every(({ counts }) => counts?.submitted === 1),
    );
    expect(await cluster.units()).toEqual(["web.service launched v1 1111+2222+3333"]);
    const [first, ...others] = machines;
    for (const machine of others) machine.change({ [WEB]: undefined });
    await cluster.clock.until("two have left", () =>
      others.every(({ counts }) => counts?.submitted === 0),
    );
    expect(await cluster.units()).toEqual(["web.service launched v1 1111"]);
    first?.change({ [WEB]: undefined });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual([]);
    expect(await cluster.files()).toEqual([]);
  });

  test("many machines with the same files get done, and lose nothing", async () => {
    await using cluster = new DropCluster();
    const names = Array.from({ length: 20 }, (_, n) => `u${n}.service`);
    const files = Object.fromEntries(names.map((name) => [name, V1]));
    const machines = Array.from({ length: 8 }, (_, n) => cluster.machine(`${n}${n}${n}`));
    for (const machine of machines) machine.start(files);
    await cluster.clock.until("all hold all", () =>
      machines.every(({ counts }) => counts?.submitted === names.length),
    );
    const whose = machines.map(({ id }) => id).join("+");
    expect(await cluster.units()).toEqual(
      names.toSorted().map((name) => `${name} launched v1 ${whose}`),
    );
  });

  test("another version elsewhere is refused, and joins when the versions meet", async () => {
    await using cluster = new DropCluster();
    const [m1, m2] = [cluster.machine("1111"), cluster.machine("2222")];
    m1.start({ [WEB]: V1 });
    await cluster.clock.settle();
    m2.start({ [WEB]: V2 });
    await cluster.clock.settle();
    expect(m2.counts).toEqual({ submitted: 0, invalid: 0, refused: 1 });
    expect(await cluster.units()).toEqual(["web.service launched v1 1111"]);
    m1.change({ [WEB]: V2 });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service launched v2 1111+2222"]);
  });

  test("a roll-out goes through the directories without going back", async () => {
    await using cluster = new DropCluster();
    const [m1, m2] = [cluster.machine("1111"), cluster.machine("2222")];
    for (const machine of [m1, m2]) {
      machine.start({ [WEB]: V1 });
      await cluster.clock.settle();
    }
    m1.change({ [WEB]: V2 });
    await cluster.clock.settle();
    await m2.stop();
    m2.start({ [WEB]: V1 });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service launched v2 1111+2222"]);
    m2.change({ [WEB]: V2 });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service launched v2 1111+2222"]);
  });
});

describe("what is no removal", () => {
  const files = { [WEB]: V1, "db.service": V1 };
  const both = ["db.service launched v1 1111", "web.service launched v1 1111"];

  test("a machine that is down, and files that stay", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start(files);
    await cluster.clock.settle();
    await m1.stop();
    expect(await cluster.units()).toEqual(both);
    m1.start(files);
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(both);
  });

  test("a file that was removed while fleetd was down is removed", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start(files);
    await cluster.clock.settle();
    await m1.stop();
    m1.start({ [WEB]: V1 });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service launched v1 1111"]);
  });

  test("a directory that is empty at the start, nor what then comes into it", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start(files);
    await cluster.clock.settle();
    await m1.stop();
    m1.start({});
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(both);
    m1.change({ "new.service": V1 });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual([
      "db.service launched v1 1111",
      "new.service launched v1 1111",
      "web.service launched v1 1111",
    ]);
    expect(m1.log.some((line) => line.startsWith("warn: Drop directory is empty"))).toBe(true);
  });

  test("unless unit_drop_prune is set", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111", true);
    m1.start(files);
    await cluster.clock.settle();
    await m1.stop();
    m1.start({});
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual([]);
  });

  test("a directory that is not there, told once, also when it comes back empty", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start(files);
    await cluster.clock.settle();
    for (let times = 0; times < 2; times += 1) m1.lose("there is no such directory");
    m1.find({});
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(both);
    const said = m1.log.filter((line) => line.includes("there is no such directory"));
    expect(said).toHaveLength(1);
  });
});

test("a directory that is found anew at any moment of the work has lost no file", async () => {
  await atAnyMomentOfAChange(async (cluster, m1) => {
    m1.findUnread([WEB]);
    await cluster.clock.settle();
    expect(await cluster.units()).toHaveLength(1);
    m1.change({ [WEB]: V2 });
    await cluster.clock.settle();
    expect(await cluster.units()).toEqual(["web.service launched v2 1111"]);
  });
});

test("a directory that is found empty at any moment of the work ends no unit", async () => {
  await atAnyMomentOfAChange(async (cluster, m1) => {
    m1.store.disconnect();
    m1.findUnread([]);
    await cluster.clock.advance(1_000);
    m1.store.reconnect();
    await cluster.clock.advance(30_000);
    expect(await cluster.units()).toHaveLength(1);
  });
});

/** What happens when the change of a file is being submitted: once for each of the first moments of that. */
async function atAnyMomentOfAChange(
  happens: (cluster: DropCluster, m1: DropMachine) => Promise<void>,
): Promise<void> {
  for (let ticks = 0; ticks < 40; ticks += 1) {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start({ [WEB]: V1 });
    await cluster.clock.settle();
    m1.change({ [WEB]: V2 });
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    await happens(cluster, m1);
  }
}

describe("a registry that is away", () => {
  test("nothing is lost: what changed meanwhile is done when it is back", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.store.disconnect();
    m1.start({ [WEB]: V1, "db.service": V1 });
    await cluster.clock.advance(60_000);
    m1.change({ [WEB]: V2 });
    m1.store.reconnect();
    await cluster.clock.until("both are there", () => m1.counts?.submitted === 2, 5_000);
    m1.store.disconnect();
    m1.change({ "db.service": undefined, "new.service": V1 });
    await cluster.clock.advance(60_000);
    m1.store.reconnect();
    await cluster.clock.advance(5_000);
    expect(await cluster.units()).toEqual([
      "new.service launched v1 1111",
      "web.service launched v2 1111",
    ]);
    expect(m1.log.filter((line) => line.startsWith("warn"))).toEqual([
      "warn: Dropped files wait for the registry",
      "warn: Dropped files wait for the registry",
    ]);
  });

  test("files that are found while it is away are compared with what was made before", async () => {
    await using cluster = new DropCluster();
    const m1 = cluster.machine("1111");
    m1.start({ [WEB]: V1, "db.service": V1 });
    await cluster.clock.settle();
    await m1.stop();
    m1.store.disconnect();
    m1.start({ [WEB]: V1 });
    await cluster.clock.advance(1_000);
    m1.store.reconnect();
    await cluster.clock.advance(5_000);
    expect(await cluster.units()).toEqual(["web.service launched v1 1111"]);
  });
});
