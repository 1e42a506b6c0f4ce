import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to an etcd on this host that can be made slow, and lead to another one. */
export interface EtcdLink extends AsyncDisposable {
  readonly endpoint: string;
  /** In each direction; counts from now on. */
  delayMs: number;
  /** Leads somewhere else from now on; what was open breaks. */
  leadTo(target: string): void;
}

/** Opens a way to `target`, an `http://HOST:PORT`. Order is kept; nothing gets lost. */
export async function openEtcdLink(target: string): Promise<EtcdLink> {
  const sockets = new Set<Socket>();
  const link = { delayMs: 0, target };
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on("data", (chunk: Buffer) => setTimeout(() => to.write(chunk), link.delayMs));
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  };
  const server = createServer((near) => {
    const { hostname, port } = new URL(link.target);
    const far = connect({ host: hostname, port: Number(port) });
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: ownPort } = server.address() as AddressInfo;
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    endpoint: `http://127.0.0.1:${ownPort}`,
    get delayMs() {
      return link.delayMs;
    },
    set delayMs(ms: number) {
      link.delayMs = ms;
    },
    leadTo(another) {
      link.target = another;
      breakAll();
    },
    async [Symbol.asyncDispose]() {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
}
