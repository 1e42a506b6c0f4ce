import type { DropSink } from "./drop-directory.ts";
import { type DropContent, type DropFile, readDropFile } from "./read-drop-file.ts";

/** A file to look at, as it was when it was taken; undefined: there is none of that name. */
export interface DueFile {
  readonly name: string;
  readonly file: DropFile | undefined;
}

/** What the directory holds as far as it is known, and which names have to be looked at. */
export class DropBook implements DropSink {
  /** A file that was seen and not read yet is no reason to do anything. */
  readonly #files = new Map<string, DropFile | "unread">();
  readonly #due = new Set<string>();
  readonly #wake: () => void;
  readonly #onLost: (reason: string) => void;
  #present: ReadonlySet<string> | undefined;
  #findings = 0;

  /** `wake` is called whenever there is something to do. */
  constructor(wake: () => void, onLost: (reason: string) => void) {
    this.#wake = wake;
    this.#onLost = onLost;
  }

  found(names: readonly string[]): void {
    this.#present = new Set(names);
    this.#findings += 1;
    this.#files.clear();
    for (const name of names) this.#files.set(name, "unread");
    this.#due.clear();
    this.#wake();
  }

  read(contents: ReadonlyMap<string, DropContent | undefined>): void {
    for (const [name, content] of contents) {
      if (content === undefined) this.#files.delete(name);
      else if (!this.#take(name, readDropFile(name, content))) continue;
      this.#due.add(name);
    }
    this.#wake();
  }

  lost(reason: string): void {
    this.#onLost(reason);
  }

  /** The names that were there when the directory was found, once: records have to be compared with them. */
  takeFound(): ReadonlySet<string> | undefined {
    const found = this.#present;
    this.#present = undefined;
    return found;
  }

  /** Compare once more: it could not be done. Unless the directory was found anew meanwhile. */
  giveBackFound(found: ReadonlySet<string>): void {
    this.#present ??= found;
  }

  get hasWork(): boolean {
    return this.#present !== undefined || this.#due.size > 0;
  }

  /** How often the directory was found: what was taken before the last time says nothing about what is there now. */
  get findings(): number {
    return this.#findings;
  }

  /**
   * Names that could not be done, to be looked at again, unless the directory was found anew since they were taken:
   * a file that is not seen now may then be missing because all are.
   */
  giveBackDue(names: Iterable<string>, findings: number): void {
    if (findings === this.#findings) this.add(names);
  }

  /** Names that have to be looked at (again). */
  add(names: Iterable<string>): void {
    for (const name of names) this.#due.add(name);
    if (this.#due.size > 0) this.#wake();
  }

  /** At most `count` of the files to look at, in byte order of their names; they are not due any more. */
  takeDue(count: number): readonly DueFile[] {
    const names = [...this.#due].toSorted().slice(0, count);
    return names.flatMap((name) => {
      this.#due.delete(name);
      const file = this.#files.get(name);
      return file === "unread" ? [] : [{ name, file }];
    });
  }

  /** False when the file says what it said before. */
  #take(name: string, file: DropFile): boolean {
    const before = this.#files.get(name);
    this.#files.set(name, file);
    return before === undefined || before === "unread" || !saysTheSame(before, file);
  }
}

function saysTheSame(one: DropFile, other: DropFile): boolean {
  if (one.kind === "invalid" || other.kind === "invalid") {
    return one.kind === "invalid" && other.kind === "invalid" && one.problem === other.problem;
  }
  return one.hash === other.hash && one.targetState === other.targetState;
}
