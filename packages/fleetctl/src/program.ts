import type { Command } from "commander";

import type { Context } from "./context.ts";
import type { CommandSummary } from "./help/help.ts";

/** A command of fleetctl; the module behind it is read only when it is called for. */
export interface CommandEntry extends CommandSummary {
  /** fleet 1.0.0 does not have it: the beginnings of fleet's own names go on meaning those. */
  readonly wholeNameOnly?: true;
  readonly load: () => Promise<(context: Context) => Command>;
}

/** Every command, in the order of help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "cat",
    summary: "Output the contents of a submitted unit",
    load: async () => (await import("./commands/cat.ts")).cat,
  },
  {
    name: "cluster-health",
    summary: "Tell how many machines are there, and whether units move",
    wholeNameOnly: true,
    load: async () => (await import("./commands/cluster-health.ts")).clusterHealth,
  },
  {
    name: "destroy",
    summary: "Destroy one or more units in the cluster",
    load: async () => (await import("./commands/destroy.ts")).destroy,
  },
  {
    name: "fd-forward",
    summary: "Proxy stdin and stdout to a unix domain socket",
    load: async () => (await import("./commands/fd-forward.ts")).fdForward,
  },
  {
    name: "help",
    summary: "Help about any command",
    unlisted: true,
    load: async () => (await import("./commands/help.ts")).help,
  },
  {
    name: "journal",
    summary: "Print the journal of a unit in the cluster to stdout",
    load: async () => (await import("./commands/journal.ts")).journal,
  },
  {
    name: "list-drop-files",
    summary: "Enumerate the files in drop directories, and why one has no effect",
    load: async () => (await import("./commands/list-drop-files.ts")).listDropFiles,
  },
  {
    name: "list-machines",
    summary: "Enumerate the current hosts in the cluster",
    load: async () => (await import("./commands/list-machines.ts")).listMachines,
  },
  {
    name: "list-unit-files",
    summary: "List the units that exist in the cluster",
    load: async () => (await import("./commands/list-unit-files.ts")).listUnitFiles,
  },
  {
    name: "list-units",
    summary: "List the current state of units in the cluster",
    load: async () => (await import("./commands/list-units.ts")).listUnits,
  },
  {
    name: "load",
    summary: "Schedule one or more units in the cluster, first submitting them if necessary",
    load: async () => (await import("./commands/load.ts")).load,
  },
  {
    name: "restart",
    summary: "Stop one or more units and start them again where they are",
    load: async () => (await import("./commands/restart.ts")).restart,
  },
  {
    name: "resume-moves",
    summary: "Give up machines that were lost together, so that their units move",
    wholeNameOnly: true,
    load: async () => (await import("./commands/resume-moves.ts")).resumeMoves,
  },
  {
    name: "ssh",
    summary: "Open interactive shell on a machine in the cluster",
    load: async () => (await import("./commands/ssh.ts")).ssh,
  },
  {
    name: "start",
    summary: "Instruct systemd to start one or more units in the cluster",
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "status",
    summary: "Output the status of one or more units in the cluster",
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "stop",
    summary: "Instruct systemd to stop one or more units in the cluster",
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "submit",
    summary: "Upload one or more units to the cluster without starting them",
    load: async () => (await import("./commands/submit.ts")).submit,
  },
  {
    name: "unload",
    summary: "Unschedule one or more units in the cluster",
    load: async () => (await import("./commands/unload.ts")).unload,
  },
  {
    name: "verify",
    summary: "Deprecated and without effect: units are no longer signed",
    unlisted: true,
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  {
    name: "version",
    summary: "Print the version and exit",
    load: async () => (await import("./commands/version.ts")).version,
  },
];
