import type { Revision } from "@fleet/registry";
import type { MemoryEtcd } from "@fleet/registry/memory";

import { PREFIX } from "./simulated-machine.ts";

/** The time between two revisions of etcd, both included. */
export interface Span {
  readonly from: Revision;
  readonly to: Revision;
}

/** What etcd holds under a key; undefined: nothing. */
export type Value = string | undefined;

/** What etcd has held under every key, as etcd itself knows it. Keys are without fleet's prefix. */
export class KeyHistory {
  readonly #versions = new Map<string, { readonly revision: Revision; readonly value: Value }[]>();

  /** `onChange` hears of every change, after it. */
  constructor(etcd: MemoryEtcd, onChange: (key: string, revision: Revision) => void) {
    void etcd.watchers.watch(
      {
        start: PREFIX,
        end: `${PREFIX}~`,
        fromRevision: 1,
        onLive: () => {},
        onEvents: (events, revision) => {
          for (const event of events) {
            const isPut = event.kind === "put";
            const key = (isPut ? event.item.key : event.key).slice(PREFIX.length);
            const versions = this.#versions.get(key) ?? [];
            versions.push({ revision, value: isPut ? event.item.value : undefined });
            this.#versions.set(key, versions);
            onChange(key, revision);
          }
        },
      },
      new AbortController().signal,
    );
  }

  now(key: string): Value {
    return this.#versions.get(key)?.at(-1)?.value;
  }

  /** All that stood under a key meanwhile, the oldest first. */
  during(key: string, { from, to }: Span): readonly Value[] {
    const versions = this.#versions.get(key) ?? [];
    const before = versions.findLast(({ revision }) => revision <= from);
    const later = versions.filter(({ revision }) => revision > from && revision <= to);
    return [before?.value, ...later.map(({ value }) => value)];
  }

  wasThere(key: string, span: Span): boolean {
    return this.during(key, span).some((value) => value !== undefined);
  }

  wasAlwaysThere(key: string, span: Span): boolean {
    return this.during(key, span).every((value) => value !== undefined);
  }

  /** The keys that begin so, of which some may be gone. */
  under(folder: string): readonly string[] {
    return [...this.#versions.keys()].filter((key) => key.startsWith(folder));
  }

  /** When a key got what it has now; 0: it never had anything. */
  changedAt(key: string): Revision {
    return this.#versions.get(key)?.at(-1)?.revision ?? 0;
  }
}
