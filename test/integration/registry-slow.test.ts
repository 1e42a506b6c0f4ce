import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

import { startEtcd } from "@fleet/rig";
import { describe, test } from "vitest";

import { storeOn, untilTrue } from "./registry-under-test.ts";

const { signal } = new AbortController();

interface Slowness {
  readonly delayMs: number;
  readonly ttlMs: number;
  /** For how many times `ttlMs` the lease is to last. */
  readonly lasts: number;
  readonly connections: number;
}

const SLOW: readonly (readonly [string, Slowness])[] = [
  // A request may take 1 s.
  ["than requests may take", { delayMs: 1_600, ttlMs: 4_000, lasts: 2.5, connections: 1 }],
  // After 2 s of silence another connection is opened, which has twice the time.
  ["than it may be silent", { delayMs: 3_500, ttlMs: 20_000, lasts: 1.3, connections: 2 }],
];

/** A way to etcd on which everything that etcd says takes its time. */
class SlowWay implements AsyncDisposable {
  delayMs = 0;
  connections = 0;
  readonly #sockets: Socket[] = [];
  readonly #server = createServer((socket) => {
    const etcd = connect({ host: "127.0.0.1", port: this.#port });
    this.connections += 1;
    this.#sockets.push(socket, etcd);
    for (const end of [socket, etcd]) end.on("error", () => end.destroy());
    socket.pipe(etcd);
    etcd.on("data", (data) => setTimeout(() => socket.write(data), this.delayMs));
  });
  readonly #port: number;

  constructor(endpoint: string) {
    this.#port = Number(new URL(endpoint).port);
  }

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describe.concurrent("a lease lasts while etcd answers keep-alives later", () => {
  test.for(SLOW)("%s", async ([, { delayMs, ttlMs, lasts, connections }], { expect }) => {
    await using etcd = await startEtcd();
    await using way = new SlowWay(etcd.endpoint);
    const store = storeOn([await way.open()]);
    const lease = await store.grantLease(ttlMs, signal);
    const grantedMs = performance.now();
    way.delayMs = delayMs;
    const holdsUntilMs = (): number => performance.now() + lease.remainingMs();
    const isDecided = (): boolean =>
      lease.lost.aborted || holdsUntilMs() > grantedMs + lasts * ttlMs;
    await untilTrue("the lease was renewed again and again, or is lost", isDecided);
    expect(lease.lost.reason).toBeUndefined();
    expect(way.connections).toBe(connections);
    await store.close();
  });
});
