import { Metadata } from "@grpc/grpc-js";

import { AUTHENTICATE, callMember } from "./call.ts";
import type { Member } from "./member.ts";

/** A name and a password as etcd's `auth` knows them. A client certificate needs neither. */
export interface EtcdUser {
  readonly username: string;
  readonly password: string;
}

/** Gets a token for the user and keeps it until etcd refuses it. */
export class Credentials {
  readonly #user: EtcdUser | undefined;
  #metadata: Metadata | undefined;

  constructor(user: EtcdUser | undefined) {
    this.#user = user;
  }

  /** What a call carries; asks `member` for a token when there is none. Fails as a call does. */
  async metadata(member: Member, deadlineMs: number, signal: AbortSignal): Promise<Metadata> {
    if (this.#metadata !== undefined) return this.#metadata;
    const metadata = new Metadata();
    // Without this a member that is cut off from the others would stay silent for ever.
    metadata.set("hasleader", "true");
    if (this.#user !== undefined) {
      const request = { name: this.#user.username, password: this.#user.password };
      const call = { request, metadata: new Metadata(), deadlineMs };
      const { token } = await callMember(member, AUTHENTICATE, call, signal);
      metadata.set("token", token);
    }
    this.#metadata = metadata;
    return metadata;
  }

  /** The token was refused: the next call asks for a new one. */
  forget(): void {
    this.#metadata = undefined;
  }
}
