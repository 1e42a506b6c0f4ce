import type { PathStep } from "./trace-path.ts";

/** Which files, and whether the directory itself, depend on a name somewhere in the file system. */
export class LinkIndex {
  #path: ReadonlySet<string> = new Set();
  #ownDirectories: ReadonlySet<string> = new Set();
  readonly #stepsByFile = new Map<string, readonly PathStep[]>();
  readonly #filesByStep = new Map<string, Set<string>>();

  /** What the path of the directory depends on, and where it leads. */
  setPath(steps: readonly PathStep[], real: string | undefined): void {
    this.#path = new Set(steps.map(keyOf));
    const directories = steps.map(({ directory }) => directory);
    this.#ownDirectories = new Set(real === undefined ? directories : [...directories, real]);
  }

  /** What a file depends on beside its own name; nothing unless it is a link. */
  setFile(file: string, steps: readonly PathStep[]): void {
    this.#forget(file);
    if (steps.length === 0) return;
    this.#stepsByFile.set(file, steps);
    for (const step of steps) {
      const key = keyOf(step);
      const files = this.#filesByStep.get(key) ?? new Set();
      this.#filesByStep.set(key, files.add(file));
    }
  }

  clearFiles(): void {
    this.#stepsByFile.clear();
    this.#filesByStep.clear();
  }

  leadsToDirectory(directory: string, name: string): boolean {
    return this.#path.has(keyOf({ directory, name }));
  }

  /** The files that a change of this name may change; of any name in the directory when there is none. */
  filesThrough(directory: string, name: string | undefined): readonly string[] {
    if (name !== undefined) return [...(this.#filesByStep.get(keyOf({ directory, name })) ?? [])];
    const through = [...this.#stepsByFile].filter(([, steps]) =>
      steps.some((step) => step.directory === directory),
    );
    return through.map(([file]) => file);
  }

  /** Every directory in which something may happen that matters. */
  directories(): ReadonlySet<string> {
    const directories = new Set(this.#ownDirectories);
    for (const steps of this.#stepsByFile.values()) {
      for (const { directory } of steps) directories.add(directory);
    }
    return directories;
  }

  #forget(file: string): void {
    for (const step of this.#stepsByFile.get(file) ?? []) {
      const key = keyOf(step);
      const files = this.#filesByStep.get(key);
      files?.delete(file);
      if (files?.size === 0) this.#filesByStep.delete(key);
    }
    this.#stepsByFile.delete(file);
  }
}

function keyOf({ directory, name }: PathStep): string {
  return `${directory}/${name}`;
}
