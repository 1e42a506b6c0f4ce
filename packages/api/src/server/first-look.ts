import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import type { UnitName } from "@fleet/core";

const CLIENT_OF_1 = "google-api-go-client/";

/** Whether fleetctl 1.0.0 asks, which does not survive all that is right. */
export function isClientOf1({ headers }: IncomingMessage): boolean {
  return headers["user-agent"]?.startsWith(CLIENT_OF_1) ?? false;
}

interface UnitSeen {
  readonly name: string;
  readonly currentState: string;
}

/**
 * How fleetctl 1.0.0 restarts: it has a unit stopped, looks a quarter of a second later, and goes on once it finds it
 * `launched`, in the belief that no machine has acted so soon. Here it has, so that fleetctl would wait for ever
 * beside a stopped unit. The first look after a stop on the same connection therefore shows the unit as it was; to
 * `stop` and `load`, which look on until they find it `loaded`, that is one look more.
 */
export class FirstLook {
  readonly #stopped = new WeakMap<Socket, UnitName>();

  /** This client has had the unit stopped. */
  follows(unit: UnitName, request: IncomingMessage): void {
    if (isClientOf1(request)) this.#stopped.set(request.socket, unit);
  }

  /** The unit as this client is to see it. */
  at<Unit extends UnitSeen>(unit: Unit, { socket }: IncomingMessage): Unit {
    if (this.#stopped.get(socket) !== unit.name) return unit;
    this.#stopped.delete(socket);
    return unit.currentState === "loaded" ? { ...unit, currentState: "launched" } : unit;
  }
}
