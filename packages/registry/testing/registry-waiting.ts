import type { Waiting } from "@fleet/core";
import { describe, expect, test } from "vitest";

import type { EngineWrite } from "../src/index.ts";
import { DB, keysBelow, leadershipOf, M1, registryOn, scribble, signal, WEB } from "./fixtures.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

const NO_SSD: Waiting = {
  machines: 4,
  reasons: [
    { rule: "metadata", reason: "metadata disk=ssd is required", count: 4, machines: [M1] },
  ],
};

function explain(unit: typeof WEB, waiting: Waiting = NO_SSD): EngineWrite {
  return { kind: "explain-wait", unit, waiting };
}

export function describeWaiting(open: () => Promise<StoreUnderTest>): void {
  describe("waiting units", () => {
    test("what the leader found is what everybody reads", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      const reader = registryOn(etcd);
      expect(await reader.waiting(WEB, signal)).toBeUndefined();
      await leadership.commit([explain(WEB)], signal);
      expect(await reader.waiting(WEB, signal)).toEqual(NO_SSD);
      const nobody: Waiting = { machines: 0, reasons: [] };
      await leadership.commit([explain(WEB, nobody)], signal);
      expect(await reader.waiting(WEB, signal)).toEqual(nobody);
    });

    test("a wait that is over is taken back, and no other", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      await leadership.commit([explain(WEB), explain(DB)], signal);
      await leadership.commit([{ kind: "end-wait", unit: WEB }], signal);
      expect(await keysBelow(etcd, "waiting/")).toEqual([`waiting/${DB}`]);
    });

    test("all are taken back and others told in one go", async () => {
      await using etcd = await open();
      const leadership = await leadershipOf(registryOn(etcd), M1);
      await leadership.commit([explain(WEB)], signal);
      const result = await leadership.commit([{ kind: "end-waits" }, explain(DB)], signal);
      expect(result).toMatchObject({ written: 2, fenced: false });
      expect(await keysBelow(etcd, "waiting/")).toEqual([`waiting/${DB}`]);
    });

    test("a value that another program broke is named", async () => {
      await using etcd = await open();
      await scribble(etcd, `waiting/${WEB}`, '{"machines":"many"}');
      const reading = registryOn(etcd).waiting(WEB, signal);
      await expect(reading).rejects.toThrow(`waiting/${WEB}: not why a unit waits`);
    });
  });
}
