import type { Option } from "commander";

import { integerFlag } from "../flags/flag.ts";
import { SSH_PORT } from "../ssh/address.ts";

/** As commander names it. */
export interface SshPortOption {
  readonly sshPort: number;
}

export function sshPortFlag(): Option {
  return integerFlag("ssh-port", "Connect to remote hosts over SSH using this TCP port", SSH_PORT);
}
