import { childOf, type Clock, FleetError, Latch, type Logger, type Machine } from "@fleet/core";
import type { AgentRegistry, Announcement, Presence } from "@fleet/registry";
import { delayMs, PEER_BACK_OFF } from "./wait/back-off.ts";

const MS_PER_SECOND = 1_000;

/** How much of the time that a machine may be silent it waits at most before it announces itself again. */
const RETRY_PER_TTL = 0.1;

export interface PresenceKeeperDeps {
  readonly registry: Pick<AgentRegistry, "announce">;
  readonly clock: Clock;
  readonly log: Logger;
  /** The machine as it is now; its ID is the one of the first call. */
  readonly machine: () => Machine;
  readonly instance: string;
  readonly ttlMs: number;
  /** Lives as long as one presence: until it is lost or the agent stops. */
  readonly session: (announced: Announced, signal: AbortSignal) => Promise<void>;
  /** The presence began, or (undefined) was lost. */
  readonly onChange: (announced: Announced | undefined) => void;
}

/** A presence and the machine it was won for. */
export interface Announced {
  readonly presence: Presence;
  readonly machine: Machine;
}

/** Keeps this machine known to the cluster: announces it, keeps its description, announces it again. */
export class PresenceKeeper {
  readonly #deps: PresenceKeeperDeps;
  readonly #refresh = new Latch();
  #presence: Presence | undefined;
  #announcedBefore = false;
  #machine: Machine;
  #doubt = "";

  constructor(deps: PresenceKeeperDeps) {
    this.#deps = deps;
    this.#machine = deps.machine();
  }

  /** The last presence won, until it is lost. It outlives `run`: its lease simply goes on. */
  get presence(): Presence | undefined {
    return this.#presence?.lost.aborted === true ? undefined : this.#presence;
  }

  /** The machine's address or metadata may have changed: publish them if they did. */
  refresh(): void {
    this.#refresh.set();
  }

  /** Announces and announces again until `signal` aborts. What is announced then stays. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const machine = this.#describe();
      const presence = await this.#announce(machine, signal);
      if (presence === undefined) continue;
      this.#presence = presence;
      await this.#live({ presence, machine }, signal);
    }
  }

  /** Tries until it is accepted. Another machine with our ID, or a store that is away, is waited out. */
  async #announce(machine: Machine, signal: AbortSignal): Promise<Presence | undefined> {
    const { registry, clock, log, instance, ttlMs } = this.#deps;
    const announcement: Announcement = { machine, instance, ttlMs };
    let reason = "";
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const presence = await registry.announce(announcement, signal);
        log.info(
          { machine: machine.id },
          `hrt.${this.#announcedBefore ? "Beat" : "Register"}() success`,
        );
        this.#announcedBefore = true;
        return presence;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (!(error instanceof FleetError)) throw error;
        const retryMs = Math.min(delayMs(PEER_BACK_OFF, failures), ttlMs * RETRY_PER_TTL);
        const again = `retrying in ${retryMs / MS_PER_SECOND} sec.`;
        const line = `Server register machine failed: ${error.message}, ${again}`;
        if (error.message === reason) log.debug({ retryMs }, line);
        else log.warn({ err: error, retryMs }, line);
        reason = error.message;
        await clock.sleep(retryMs, signal);
      }
    }
    return undefined;
  }

  /** The machine as it is now, as far as it can be read, under the ID that its units run for. */
  #describe(): Machine {
    const { id } = this.#machine;
    let doubt = "";
    try {
      const machine = this.#deps.machine();
      if (machine.id !== id)
        doubt = `machine ID is now ${machine.id}: counts from the next start on`;
      this.#machine = { ...machine, id };
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      doubt = error.message;
    }
    if (doubt !== "" && doubt !== this.#doubt) this.#deps.log.warn({ machine: id }, doubt);
    this.#doubt = doubt;
    return this.#machine;
  }

  async #live(announced: Announced, signal: AbortSignal): Promise<void> {
    const { log, session, onChange } = this.#deps;
    const { presence, machine } = announced;
    const life = childOf(signal);
    const lose = (): void => {
      if (life.signal.aborted) return;
      log.error(
        { machine: machine.id, err: presence.lost.reason },
        "Server monitor triggered: Monitor timed out before successful heartbeat",
      );
      onChange(undefined);
      life.end();
    };
    onChange(announced);
    presence.lost.addEventListener("abort", lose);
    if (presence.lost.aborted) lose();
    try {
      await Promise.all([
        session(announced, life.signal),
        this.#keepDescription(announced, life.signal),
      ]);
    } finally {
      presence.lost.removeEventListener("abort", lose);
      life.end();
    }
  }

  async #keepDescription(announced: Announced, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    let published = description(announced.machine);
    let failures = 0;
    while (!signal.aborted) {
      await this.#refresh.wait(signal);
      const current = this.#describe();
      if (signal.aborted || description(current) === published) continue;
      try {
        await announced.presence.update(current, signal);
        published = description(current);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof FleetError)) throw error;
        failures += 1;
        log.warn({ err: error }, "machine description not published, trying again");
        this.#refresh.set();
        await clock.sleep(delayMs(PEER_BACK_OFF, failures), signal);
      }
    }
  }
}

function description(machine: Machine): string {
  const metadata = [...machine.metadata.keys()]
    .toSorted()
    .map((key) => [key, machine.metadata.get(key)]);
  return JSON.stringify({ ...machine, metadata });
}
