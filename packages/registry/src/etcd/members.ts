import { Member, type MemberOptions } from "./member.ts";

/** The members of one etcd cluster, in the order in which they are tried. */
export class Members {
  #inOrder: readonly Member[];

  constructor(endpoints: readonly string[], options: MemberOptions) {
    if (endpoints.length === 0) throw new Error("at least one etcd endpoint is needed");
    const all = endpoints.map((endpoint) => new Member(endpoint, options));
    // Each process starts with a member of its own choice, so that they share the load.
    const first = Math.floor(Math.random() * all.length);
    this.#inOrder = [...all.slice(first), ...all.slice(0, first)];
  }

  /** Best first: the one that worked last time. */
  get inOrder(): readonly Member[] {
    return this.#inOrder;
  }

  get best(): Member {
    const [best] = this.#inOrder;
    if (best === undefined) throw new Error("no etcd member");
    return best;
  }

  /** From now on `member` is tried last. */
  failed(member: Member): void {
    this.#inOrder = [...this.#inOrder.filter((other) => other !== member), member];
  }

  close(): void {
    for (const member of this.#inOrder) member.close();
  }
}
