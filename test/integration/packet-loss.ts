import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** An address of this host over which packets can be lost silently, both ways, to and from one port. */
export class LossyAddress {
  readonly endpoint: string;
  readonly #table: string;
  readonly #rules: string;

  /** `host` is one of 127.0.0.0/8. */
  constructor(host: string, port: number) {
    this.endpoint = `http://${host}:${port}`;
    this.#table = `fleet_test_${port}`;
    this.#rules = [
      "chain lost { type filter hook input priority 0;",
      `ip daddr ${host} tcp dport ${port} drop;`,
      `ip saddr ${host} tcp sport ${port} drop; };`,
    ].join(" ");
  }

  async cut(): Promise<void> {
    await execute("nft", [`table ip ${this.#table} { ${this.#rules} }`]);
  }

  async heal(): Promise<void> {
    // Declared first: it is no error that there is none.
    await execute("nft", [`table ip ${this.#table}; delete table ip ${this.#table}`]);
  }
}
