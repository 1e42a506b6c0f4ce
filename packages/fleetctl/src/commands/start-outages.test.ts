// What a wait does while the API cannot be used.

import { beforeEach, expect, test } from "vitest";

import { clusterOfOne, type TestCluster } from "../../testing/index.ts";

const NO_ETCD = "googleapi: Error 503: fleet server unable to communicate with etcd";

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await clusterOfOne();
  await cluster.put("a.service", "inactive");
});

/** The API goes while the unit starts, which takes so long. */
function loseApi(seconds: number, lose: () => void): void {
  cluster.cast("a.service", function* () {
    lose();
    for (let played = 0; played < seconds * SCENES_PER_SECOND; played += 1)
      yield "activating start";
    cluster.recover();
    yield "active running";
  });
}

const SCENES_PER_SECOND = 33;

test("an API that is away for less than a minute is told of and ends nothing", async () => {
  loseApi(50, () => cluster.failFromNowOn());
  const { status, stderr } = await cluster.run("start", "a");
  expect(stderr).toBe(
    `Waiting for unit a.service: ${NO_ETCD}\nUnit a.service: it is active (running) on m1.../10.0.0.1\n`,
  );
  expect(status).toBe(0);
});

test("one that is away twice, each time for less than a minute, ends nothing", async () => {
  cluster.cast("a.service", function* () {
    for (const lose of [true, false, true, false]) {
      if (lose) cluster.failFromNowOn();
      else cluster.recover();
      const seconds = lose ? 40 : 1;
      for (let played = 0; played < seconds * SCENES_PER_SECOND; played += 1)
        yield "activating start";
    }
    yield "active running";
  });
  expect((await cluster.run("start", "a")).status).toBe(0);
});

test("one that stays away for a minute ends the wait, with endpoint and reason", async () => {
  loseApi(70, () => cluster.failFromNowOn());
  expect(await cluster.run("start", "a")).toEqual({
    status: 1,
    stdout: "",
    stderr: [
      `Waiting for unit a.service: ${NO_ETCD}`,
      `Error waiting for units: the fleet API at ${cluster.endpoint} could not be used for 60s: ${NO_ETCD}\n`,
    ].join("\n"),
  });
  expect(cluster.terminal.clock.monotonicMs()).toBeLessThan(62_000);
});

test("so does one where nobody listens any more", async () => {
  loseApi(70, () => void cluster.stopListening());
  const { status, stderr } = await cluster.run("start", "a");
  expect(status).toBe(1);
  const [, last = "", ...more] = stderr.split("\n");
  expect(last).toMatch(
    /^Error waiting for units: the fleet API at unix:\S+ could not be used for 60s: .*connect: /,
  );
  expect(more).toEqual([""]);
});

test("--timeout ends the wait sooner", async () => {
  loseApi(70, () => cluster.failFromNowOn());
  const { status, stderr } = await cluster.run("start", "--timeout=4s", "a");
  expect(status).toBe(1);
  expect(stderr).toContain(
    `Waiting for unit a.service: ${NO_ETCD}\nError waiting for units: timed out`,
  );
});
