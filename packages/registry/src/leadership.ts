import { createHash } from "node:crypto";

import { FleetError, type MachineId, RegistryUnavailableError } from "@fleet/core";

import { followCluster } from "./cluster-feed.ts";
import { decodeLeader, encodeLeader } from "./codec.ts";
import type { RegistryContext } from "./context.ts";
import { followKey } from "./follow-key.ts";
import { followState } from "./follow-state.ts";
import { giveUp } from "./give-up.ts";
import { readLeavingEntries } from "./leaving-entries.ts";
import type { Campaign, EngineRegistry, Leader, Leadership } from "./registry.ts";
import { type LinkedSignal, linkSignals } from "./signals.ts";
import type { KeyValue, Lease, Revision } from "./store.ts";
import { WonLeadership } from "./won-leadership.ts";

const RETRY_MS = 500;
/** Within this time after a leader has gone every machine has had its turn to follow it. */
const TURNS_MS = 100;

/** The engine's side of the registry. */
export function engineRegistry(context: RegistryContext): EngineRegistry {
  const { store, keys } = context;
  return {
    async leader(signal) {
      const { items } = await store.range({ start: keys.leader }, signal);
      return items[0] && decodeLeader(items[0].value);
    },
    campaign: (campaign, signal) => untilWon(context, campaign, signal),
    watchCluster: (sink, signal) => followCluster(context, sink, signal),
    leavingEntries: (of, signal) => readLeavingEntries(context, of, signal),
    leaseTimes: (leases, signal) => context.store.leaseTimes(leases, signal),
    watchState: (of, onState, signal) => followState(context, of, onState, signal),
  };
}

async function untilWon(
  context: RegistryContext,
  campaign: Campaign,
  signal: AbortSignal,
): Promise<Leadership> {
  const { clock, log } = context;
  let reason = "";
  for (;;) {
    const ownerless = await untilVacant(context, campaign, signal);
    try {
      if (ownerless !== undefined) await removeOwnerless(context, ownerless, signal);
      const won = await tryToLead(context, campaign, signal);
      if (won !== undefined) return won;
      log.debug({ machine: campaign.machine }, "Unable to acquire engine leadership");
    } catch (error) {
      if (signal.aborted || !(error instanceof FleetError)) throw error;
      // An etcd that is full refuses for hours: the same reason is told once.
      const level = error.message === reason ? "debug" : "warn";
      log[level]({ err: error, retryMs: RETRY_MS }, "campaign interrupted");
      reason = error.message;
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

/**
 * Waits until nobody leads and it is this machine's turn; tells of each leader that it sees once. Resolves with the
 * leader's key where it goes with no lease: another program wrote it, and nobody's end would ever take it away.
 */
async function untilVacant(
  context: RegistryContext,
  { machine, onLeader }: Campaign,
  signal: AbortSignal,
): Promise<KeyValue | undefined> {
  signal.throwIfAborted();
  using linked = linkSignals(signal);
  let isVacant = false;
  let vacancy: LinkedSignal | undefined;
  let ownerless: KeyValue | undefined;
  let toldRevision: Revision | undefined;
  const awaitTurn = async (taken: AbortSignal): Promise<void> => {
    const hasBeenLed = toldRevision !== undefined;
    if (hasBeenLed) await context.clock.sleep(turnMs(machine), taken);
    if (taken.aborted) return;
    isVacant = true;
    linked.abort(new Error("nobody leads"));
  };
  const onItem: Parameters<typeof followKey>[1] = (item) => {
    if (item === undefined) {
      if (vacancy !== undefined) return;
      vacancy = linkSignals(linked.signal);
      void awaitTurn(vacancy.signal);
      return;
    }
    vacancy?.abort();
    vacancy = undefined;
    if (item.lease === undefined) {
      ownerless = item;
      linked.abort(new Error("nobody leads by this key"));
    } else if (item.createRevision !== toldRevision) {
      toldRevision = item.createRevision;
      onLeader(decodeLeader(item.value));
    }
  };
  await followKey(context.keys.leader, onItem, context, linked.signal);
  signal.throwIfAborted();
  if (!isVacant && ownerless === undefined) {
    throw new RegistryUnavailableError("the connection to etcd was closed");
  }
  return ownerless;
}

/** Whoever led by the key of before cannot write any more once it is gone. */
async function removeOwnerless(
  { store, keys, log }: RegistryContext,
  { value, modRevision }: KeyValue,
  signal: AbortSignal,
): Promise<void> {
  const key = keys.leader;
  const compare = [{ key, on: "mod", revision: modRevision }] as const;
  const { succeeded } = await store.txn({ compare, success: [{ kind: "delete", key }] }, signal);
  const { machine } = decodeLeader(value);
  if (succeeded) log.error({ key, machine }, "leader's key removed: it went with no lease");
}

/**
 * How long a machine lets others go first. Were all of a large cluster to try at once, each with a
 * lease of its own, etcd would be busy with those who lose while nobody leads.
 */
function turnMs(machine: MachineId): number {
  const digest = createHash("sha1").update(machine).digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * TURNS_MS;
}

/** One attempt; undefined when another was faster. */
function tryToLead(
  context: RegistryContext,
  campaign: Campaign,
  signal: AbortSignal,
): Promise<Leadership | undefined> {
  return context.leaseTtls.acquire("leadership", campaign.ttlMs, (grantedMs) =>
    tryToLeadFor(grantedMs, context, campaign, signal),
  );
}

async function tryToLeadFor(
  grantedMs: number,
  context: RegistryContext,
  { machine }: Campaign,
  signal: AbortSignal,
): Promise<Leadership | undefined> {
  const lease = await context.store.grantLease(grantedMs, signal);
  const sinceMs = context.clock.nowMs();
  try {
    const wonRevision = await createLeaderKey(context, lease, { machine, sinceMs }, signal);
    if (wonRevision !== undefined) {
      const fence = { store: context.store, keys: context.keys, wonRevision };
      return new WonLeadership(context, lease, fence, sinceMs);
    }
  } catch (error) {
    // It may have been written: giving the lease up takes it away again.
    await giveUp(context, lease, signal);
    throw error;
  }
  await giveUp(context, lease, signal);
  return undefined;
}

async function createLeaderKey(
  { store, keys }: RegistryContext,
  lease: Lease,
  leader: Leader,
  signal: AbortSignal,
): Promise<Revision | undefined> {
  const key = keys.leader;
  const put = { kind: "put", key, value: encodeLeader(leader), lease: lease.id } as const;
  const compare = [{ key, on: "create", revision: 0 }] as const;
  const { succeeded, revision } = await store.txn({ compare, success: [put] }, signal);
  return succeeded ? revision : undefined;
}
