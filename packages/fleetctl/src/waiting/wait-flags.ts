import type { Option } from "commander";

import { booleanFlag, durationFlag, integerFlag } from "../flags/flag.ts";

/** What the flags of a command that waits say, as commander names them. */
export interface WaitOptions {
  /** False after `--no-block`; absent where the command has no such flag. */
  readonly block?: boolean;
  readonly blockAttempts: number;
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number;
}

export function waitFlags(): readonly Option[] {
  return [
    integerFlag(
      "block-attempts",
      "Wait until the command has been carried out, for at most this many attempts of two seconds. Zero waits for ever",
      0,
    ),
    durationFlag("timeout", "Wait for at most so long, e.g. 90s or 5m. Zero waits for ever"),
  ];
}

export function noBlockFlag(): Option {
  return booleanFlag("no-block", "Do not wait until the command has been carried out");
}
