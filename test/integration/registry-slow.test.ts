import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

import { startEtcd } from "@fleet/rig";
import { expect, test } from "vitest";

import { storeOn, untilTrue } from "./registry-under-test.ts";

const { signal } = new AbortController();
const TTL_MS = 4_000;
/** More than a request may take (1 s), and than lies between two keep-alives. */
const DELAY_MS = 1_600;

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

test("a lease lasts while etcd answers keep-alives later than other requests may take", async () => {
  await using etcd = await startEtcd();
  await using way = new SlowWay(etcd.endpoint);
  const store = storeOn([await way.open()]);
  const lease = await store.grantLease(TTL_MS, signal);
  const grantedMs = performance.now();
  way.delayMs = DELAY_MS;
  const holdsUntilMs = (): number => performance.now() + lease.remainingMs();
  const isDecided = (): boolean => lease.lost.aborted || holdsUntilMs() > grantedMs + 2.5 * TTL_MS;
  await untilTrue("the lease was renewed again and again, or is lost", isDecided);
  expect(lease.lost.reason).toBeUndefined();
  expect(way.connections).toBe(1);
  await store.close();
});
