import { silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { leadershipOf, M1, M2, machineOf, presenceOf, signal } from "../testing/fixtures.ts";
import { RecordingScheduleSink } from "../testing/recording-sinks.ts";
import { MemoryStore } from "./memory/index.ts";
import { openRegistry } from "./open-registry.ts";

test.for(["while etcd is away", "while etcd is there"])(
  "a registry that is closed %s tries nothing again",
  async (when) => {
    const clock = new ManualClock();
    const store = new MemoryStore(clock);
    const registry = openRegistry(store, { prefix: "/", clock, log: silentLogger });
    await presenceOf(registry, machineOf(M1));
    await leadershipOf(registry, M1);
    void registry.watchSchedule(M1, new RecordingScheduleSink(), signal);
    const campaign = { machine: M2, ttlMs: 3_000, onLeader: () => {} };
    const campaigning = registry.campaign(campaign, signal).catch((error: Error) => error.message);
    await clock.settle();
    if (when === "while etcd is away") store.disconnect();
    await clock.settle();
    await registry.close();
    expect(await campaigning).toBe("the connection to etcd was closed");
    await clock.advance(5_000); // the leases run out in etcd
    expect(clock.sleepers).toBe(0);
  },
);
