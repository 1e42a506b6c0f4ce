/** What a run finds: figures as they come, and promises that were broken. */
export class Findings {
  readonly broken: string[] = [];
  readonly #rows: (readonly [string, string])[] = [];

  figure(what: string, value: string): void {
    this.#rows.push([what, value]);
    process.stdout.write(`${what}: ${value}\n`);
  }

  /** Holds the cluster to a promise. */
  promise(what: string, isKept: boolean): void {
    if (isKept) return;
    this.broken.push(what);
    process.stdout.write(`BROKEN: ${what}\n`);
  }

  table(): string {
    const head = ["what", "now"] as const;
    const width = Math.max(...[head, ...this.#rows].map(([what]) => what.length));
    const rows = [head, ["-".repeat(width), "---"] as const, ...this.#rows];
    return rows.map(([what, value]) => `| ${what.padEnd(width)} | ${value} |\n`).join("");
  }
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
export const ms = (value: number): string => `${value.toFixed(0)} ms`;
export const mb = (value: number): string => `${value.toFixed(0)} MB`;
/** Of one core. */
export const percent = (cpuSeconds: number, ofSeconds: number): string =>
  `${((cpuSeconds / ofSeconds) * 100).toFixed(2)} %`;
