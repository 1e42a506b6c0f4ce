import type { MachineId, UnitName } from "@fleet/core";
import { Scopes, type Scope } from "../model/marks.ts";

/** Units to be looked at, in order of rank, then of name; each once, however often it is added. */
export class Agenda {
  readonly #keys: string[] = [];
  readonly #scopes = new Scopes();
  readonly #rankOf: (name: UnitName) => number;

  /** `rankOf` gives a digit; it must not change for a unit while that is on the agenda. */
  constructor(rankOf: (name: UnitName) => number = () => 0) {
    this.#rankOf = rankOf;
  }

  add(name: UnitName, machine: MachineId | "anywhere"): void {
    if (!this.#scopes.has(name)) push(this.#keys, `${this.#rankOf(name)}${name}`);
    this.#scopes.add(name, machine);
  }

  /** Takes the first unit off, with the machines it is to be looked at on. */
  next(): { readonly name: UnitName; readonly scope: Scope } | undefined {
    const key = pop(this.#keys);
    if (key === undefined) return undefined;
    const name = key.slice(1) as UnitName;
    return { name, scope: this.#scopes.take(name) ?? new Set() };
  }
}

/** Adds to a binary heap: a list in which no entry is less than the one at half its place. */
function push(heap: string[], key: string): void {
  let at = heap.push(key) - 1;
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    const above = heap[parent];
    if (above === undefined || above <= key) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = key;
}

function pop(heap: string[]): string | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    const child = lesserChild(heap, at);
    const below = heap[child];
    if (below === undefined || below >= last) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
  return first;
}

function lesserChild(heap: readonly string[], parent: number): number {
  const left = 2 * parent + 1;
  const [a, b] = [heap[left], heap[left + 1]];
  return a !== undefined && b !== undefined && b < a ? left + 1 : left;
}
