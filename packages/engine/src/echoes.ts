import type { MachineId, UnitName } from "@fleet/core";
import type { ClusterChange, Revision } from "@fleet/registry";

/** What the engine itself writes and hears of again. */
type Kind = "assignment" | "leaving";

/**
 * Tells news from echoes. The model knows of the engine's own writes as soon as they are stored; what
 * the feed then still tells of the same entries from before that would undo them there.
 */
export class Echoes {
  /** At which revision an entry was last written by this engine, until the feed has come to it. */
  readonly #writtenAt = new Map<string, Revision>();

  /** This entry was written, at the latest at `revision`. */
  wrote(kind: Kind, unit: UnitName, machine: MachineId, revision: Revision): void {
    this.#writtenAt.set(keyOf(kind, unit, machine), revision);
  }

  /** Whether a change that the feed tells, as of `revision`, is already known or overtaken. */
  isEcho(change: ClusterChange, revision: Revision): boolean {
    if (change.kind !== "assignment" && change.kind !== "leaving") return false;
    const key = keyOf(change.kind, change.unit, change.machine);
    const writtenAt = this.#writtenAt.get(key);
    if (writtenAt === undefined) return false;
    if (revision >= writtenAt) this.#writtenAt.delete(key);
    return revision <= writtenAt;
  }
}

function keyOf(kind: Kind, unit: UnitName, machine: MachineId): string {
  return `${kind}\n${unit}\n${machine}`;
}
