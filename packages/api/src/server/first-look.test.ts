import type { TargetState } from "@fleet/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";
import { run, SLEEP, storeUnit } from "../../testing/cluster.ts";
import { HalfOpen } from "../../testing/half-open.ts";

// fleetctl 1.0.0 restarts a unit only if it finds it launched when it first looks after having it stopped.

const FLEETCTL_1 = "google-api-go-client/0.5";
const UNIT = "/fleet/v1/units/a.service";

/** The requests of one client on one connection. */
class Client implements Disposable {
  readonly #connection: HalfOpen;
  readonly #userAgent: string;

  constructor(userAgent: string) {
    this.#connection = new HalfOpen({ host: "127.0.0.1", port: api.port });
    this.#userAgent = userAgent;
  }

  async wish(desiredState: TargetState): Promise<void> {
    const body = JSON.stringify({ desiredState, name: "a.service" });
    const type = "Content-Type: application/json\r\n";
    expect((await this.#ask("PUT", type, body))?.status).toBe(204);
  }

  async look(): Promise<string> {
    const { body = "" } = (await this.#ask("GET")) ?? {};
    return (JSON.parse(body) as { readonly currentState: string }).currentState;
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }

  async #ask(method: string, headers = "", body = ""): ReturnType<HalfOpen["answer"]> {
    const head = `${method} ${UNIT} HTTP/1.1\r\nUser-Agent: ${this.#userAgent}\r\n${headers}`;
    this.#connection.send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    return this.#connection.answer(method);
  }
}

let api: ApiUnderTest;
beforeEach(async () => {
  api = await ApiUnderTest.open();
  await storeUnit(api.registry, "a.service", SLEEP, "launched");
});
afterEach(() => api[Symbol.asyncDispose]());

describe("of fleetctl 1.0.0, after it had a launched unit stopped,", () => {
  test("the first look shows it as it was, the next as it is", async () => {
    await run(api.registry, "m1", new Map([["a.service", "loaded"]]));
    using client = new Client(FLEETCTL_1);
    await client.wish("loaded");
    expect([await client.look(), await client.look()]).toEqual(["launched", "loaded"]);
  });

  test("what is on no machine any more is not shown as launched", async () => {
    using client = new Client(FLEETCTL_1);
    await client.wish("loaded");
    expect(await client.look()).toBe("inactive");
  });

  test("somebody else sees it as it is, and takes nothing from the first look", async () => {
    await run(api.registry, "m1", new Map([["a.service", "loaded"]]));
    using client = new Client(FLEETCTL_1);
    using other = new Client(FLEETCTL_1);
    await client.wish("loaded");
    expect([await other.look(), await client.look()]).toEqual(["loaded", "launched"]);
  });
});

test.for<[what: string, userAgent: string, wishes: TargetState[]]>([
  ["another client", "fleetctl/2.0.0", ["loaded"]],
  ["a unit that was loaded before", FLEETCTL_1, ["loaded", "inactive", "loaded"]],
  ["a unit that is unloaded", FLEETCTL_1, ["inactive"]],
  ["a unit that is wished to be what it is", FLEETCTL_1, ["launched"]],
])("%s is shown as it is at once", async ([, userAgent, wishes]) => {
  await run(api.registry, "m1", new Map([["a.service", "loaded"]]));
  using client = new Client(userAgent);
  for (const wish of wishes) {
    await client.wish(wish);
    if (wish !== wishes.at(-1)) await client.look();
  }
  expect(await client.look()).toBe("loaded");
});
