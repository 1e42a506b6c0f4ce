/** What a person asked of the daemon on its command line (fleet's flags, one dash or two). */
export type Invocation =
  | { readonly kind: "run"; readonly configPath: string | undefined; readonly checkOnly: boolean }
  | { readonly kind: "version" }
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string; readonly exitCode: number };

const FLAG_MISTAKE_EXIT_CODE = 2;

/** Reads the arguments behind the program's name; `program` is only used in messages. */
export function parseArguments(program: string, args: readonly string[]): Invocation {
  let configPath: string | undefined;
  let checkOnly = false;
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, flag, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (word === "version" || flag === "version") return { kind: "version" };
    if (flag === "h" || flag === "help") return { kind: "help" };
    if (flag === "check-config") checkOnly = true;
    else if (flag === "config") {
      configPath = value ?? rest.shift();
      if (!configPath) return mistake("flag needs an argument: -config");
    } else if (flag !== undefined) return mistake(`flag provided but not defined: -${flag}`);
    else return strayWord(program);
  }
  return { kind: "run", configPath, checkOnly };
}

function mistake(message: string): Invocation {
  return { kind: "mistake", message, exitCode: FLAG_MISTAKE_EXIT_CODE };
}

function strayWord(program: string): Invocation {
  const message = `${program} takes no arguments. Did you mean to invoke fleetctl instead?`;
  return { kind: "mistake", message, exitCode: 1 };
}

/** The usage text, as `--help` and every mistake show it. */
export function usage(program: string): string {
  return [
    "fleetd is the server component of fleet, a cluster of machines that each run systemd.",
    "",
    `Usage of ${program}:`,
    "  --config PATH     read settings from PATH instead of /etc/fleet/fleet.conf",
    "  --check-config    read and check the settings, then exit",
    "  --version         print the version and exit",
    "",
  ].join("\n");
}
