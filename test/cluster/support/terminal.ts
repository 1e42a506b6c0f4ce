import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, runOk, until } from "@fleet/rig";
import { onTestFinished } from "vitest";

import { temporaryDirectory } from "./fixtures.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

const SIZE: TerminalSize = { columns: 120, rows: 30 };
const LOOK_EVERY_MS = 20;
/** Runs a program and leaves its status in a file: tmux itself loses it now and then. Ctrl-C is meant for the program. */
const RUN = 'trap : INT; "$@"; echo $? > "$0"';

/** A person's terminal: a program runs in it, keys are pressed, and what the screen shows is read. It is tmux. */
export class Terminal {
  readonly #tmux: readonly string[];
  readonly #statusFile: string;

  private constructor(tmux: readonly string[], statusFile: string) {
    this.#tmux = tmux;
    this.#statusFile = statusFile;
  }

  /** Runs one program; the terminal goes with the test. */
  static async open(argv: readonly string[], size = SIZE): Promise<Terminal> {
    const directory = await temporaryDirectory();
    const settings = join(directory, "tmux.conf");
    // So that the last screen can be read.
    await writeFile(settings, "set -g remain-on-exit on\nset -g remain-on-exit-format ''\n");
    const tmux = ["tmux", "-S", join(directory, "tmux"), "-f", settings];
    const statusFile = join(directory, "status");
    const area = ["-x", String(size.columns), "-y", String(size.rows)];
    const env = { ...process.env, LANG: "C.UTF-8" };
    await runOk([...tmux, "new-session", "-d", ...area, "sh", "-c", RUN, statusFile, ...argv], {
      env,
    });
    onTestFinished(async () => void (await run([...tmux, "kill-server"])));
    return new Terminal(tmux, statusFile);
  }

  /** Types a text. */
  async type(text: string): Promise<void> {
    await runOk([...this.#tmux, "send-keys", "-l", text]);
  }

  /** Presses a key, e.g. `Enter` or `C-c`. */
  async press(key: string): Promise<void> {
    await runOk([...this.#tmux, "send-keys", key]);
  }

  /** The lines of the screen, without the empty ones at its end. */
  async lines(): Promise<readonly string[]> {
    const stdout = await runOk([...this.#tmux, "capture-pane", "-p"]);
    return stdout.trimEnd().split("\n");
  }

  /** Resolves when the screen shows the words. */
  async untilShown(words: string): Promise<void> {
    await until(
      `the terminal shows ${words}`,
      async () => {
        const screen = (await this.lines()).join("\n");
        return screen.includes(words)
          ? { done: true, value: undefined }
          : { done: false, saw: screen };
      },
      { everyMs: LOOK_EVERY_MS },
    );
  }

  /** Resolves with the program's exit status once it has ended. */
  async ended(withinMs?: number): Promise<number> {
    return until(
      "the program in the terminal ends",
      async () => {
        const status = await readFile(this.#statusFile, "utf8").catch(() => "");
        if (status.endsWith("\n")) return { done: true, value: Number(status) };
        return { done: false, saw: (await this.lines()).join("\n") };
      },
      { everyMs: LOOK_EVERY_MS, ...(withinMs !== undefined && { withinMs }) },
    );
  }
}
