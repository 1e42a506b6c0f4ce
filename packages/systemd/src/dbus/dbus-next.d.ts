// dbus-next 0.10.2 has no types for these two modules, and what it has for messages is wrong
// (`replySerial` is a number). Only they are used: `MessageBus` never settles the calls of a dead
// bus, answers signals with errors when a listener throws, and says Hello where nobody expects it.

declare module "dbus-next/lib/message-type.js" {
  export interface MessageFields {
    readonly serial: number;
    readonly destination?: string;
    readonly path: string;
    readonly interface: string;
    readonly member: string;
    readonly signature?: string;
    readonly body?: readonly unknown[];
  }

  /** A message of any type; `type` is 1 call, 2 return, 3 error, 4 signal. */
  export class Message {
    constructor(fields: MessageFields);
    readonly type: number;
    readonly serial: number;
    readonly replySerial: number | undefined;
    readonly sender: string | undefined;
    readonly path: string | undefined;
    readonly interface: string | undefined;
    readonly member: string | undefined;
    readonly errorName: string | undefined;
    readonly signature: string;
    readonly body: readonly unknown[];
  }
}

declare module "dbus-next/lib/connection.js" {
  import type { Socket } from "node:net";
  import type { Message } from "dbus-next/lib/message-type.js";

  export interface Connection {
    readonly stream: Socket;
    /** Throws when the stream is closed. */
    message(message: Message): void;
    on(event: "connect", listener: () => void): this;
    on(event: "message", listener: (message: Message) => void): this;
    /** The authentication's failure comes here as well. */
    on(event: "error", listener: (error: unknown) => void): this;
  }

  export default function createConnection(options: {
    readonly busAddress: string;
    readonly authMethods: readonly string[];
  }): Connection;
}
