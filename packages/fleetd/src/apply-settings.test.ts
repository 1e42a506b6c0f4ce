import { RegistryUnavailableError, silentLogger } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";
import { SettingsAtWork, type SettingsUsers } from "./apply-settings.ts";
import { loadConfig } from "./config/config.ts";
import { parseConfigFile } from "./config/config-file.ts";

const configOf = (text: string) => loadConfig(parseConfigFile("fleet.conf", text), {}).config;

/** Settings at work since the defaults; what was done with them, and whether etcd takes leases. */
function atWork() {
  const clock = new ManualClock();
  const done: string[] = [];
  const etcd = { isAway: false };
  const note = (what: string) => (value?: number | boolean) =>
    void done.push(value === undefined ? what : `${what} ${value}`);
  const log = { ...silentLogger, fatal() {}, setDebug: note("debug") };
  const settings = new SettingsAtWork(configOf(""), { clock, log });
  const users: SettingsUsers = {
    api: { setTokenLimit: note("token limit") },
    agent: { refreshMachine: note("refresh") },
    engine: { movesChanged: note("moves") },
    drop: { settingsChanged: note("drop") },
    registry: {
      changeLeaseTtl: async (use, ttlMs) => {
        if (etcd.isAway) throw new RegistryUnavailableError("away");
        done.push(`${use} ${ttlMs}`);
      },
    },
  };
  const apply = (text: string): void => settings.apply(configOf(text), users);
  return { apply, clock, done, etcd, settings };
}

test("everything but the leases is put to work at every reload", () => {
  const { apply, done, settings } = atWork();
  apply("verbosity=1\ntoken_limit=7");
  expect(done).toEqual(["debug true", "token limit 7", "refresh", "moves", "drop"]);
  expect(settings.current.token_limit).toBe(7);
});

test("leases change when their settings did, the leader's to five of its intervals", () => {
  const { apply, done } = atWork();
  for (let n = 0; n < 2; n += 1) apply("agent_ttl=60s\nengine_reconcile_interval=3");
  const leases = done.filter((line) => /presence|leadership/.test(line));
  expect(leases).toEqual(["presence 60000", "leadership 15000"]);
});

test("a lease that etcd did not take is tried again, until another one is wished for or the end", async () => {
  const { apply, clock, done, etcd, settings } = atWork();
  const leases = () => done.filter((line) => line.startsWith("presence"));
  etcd.isAway = true;
  apply("agent_ttl=60s");
  apply("agent_ttl=90s");
  await clock.settle();
  etcd.isAway = false;
  await clock.advance(10_000);
  expect(leases()).toEqual(["presence 90000"]);
  etcd.isAway = true;
  apply("agent_ttl=60s");
  await clock.settle();
  settings.close();
  etcd.isAway = false;
  await clock.advance(10_000);
  expect([leases(), clock.sleepers]).toEqual([["presence 90000"], 0]);
});
