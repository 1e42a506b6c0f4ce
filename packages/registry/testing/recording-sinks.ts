import type {
  ClusterChange,
  ClusterSink,
  ClusterSnapshot,
  Revision,
  ScheduleChange,
  ScheduleEntry,
  ScheduleSink,
  UnreadableEntry,
} from "../src/index.ts";

/** Remembers what a machine's agent is told, in words: `web.service@launched`, `-web.service` … */
export class RecordingScheduleSink implements ScheduleSink {
  readonly told: string[] = [];
  isLive: boolean | undefined;

  snapshot(entries: readonly ScheduleEntry[], unreadable: readonly UnreadableEntry[]): void {
    const readable = entries.map((entry) => inWords(entry));
    const broken = unreadable.map((entry) => `?${entry.unit ?? entry.key}`);
    this.told.push(`all: ${[...readable, ...broken].join(" ")}`);
  }

  changes(changes: readonly ScheduleChange[]): void {
    const words = changes.map((change) => {
      if ("unreadable" in change) return `?${change.unit}`;
      const { unit, entry } = change;
      return entry === undefined ? `-${unit}` : inWords(entry);
    });
    this.told.push(words.join(" "));
  }

  live(live: boolean): void {
    this.isLive = live;
  }
}

function inWords({ unit, targetState, move }: ScheduleEntry): string {
  return `${unit}@${targetState}${move === undefined ? "" : ` (${move.kind})`}`;
}

/** Remembers what the engine is told. */
export class RecordingClusterSink implements ClusterSink {
  readonly snapshots: ClusterSnapshot[] = [];
  readonly batches: { readonly changes: readonly ClusterChange[]; readonly revision: Revision }[] =
    [];
  isLive: boolean | undefined;

  snapshot(snapshot: ClusterSnapshot): void {
    this.snapshots.push(snapshot);
  }

  changes(changes: readonly ClusterChange[], revision: Revision): void {
    this.batches.push({ changes, revision });
  }

  live(live: boolean): void {
    this.isLive = live;
  }

  get told(): readonly ClusterChange[] {
    return this.batches.flatMap((batch) => batch.changes);
  }
}
