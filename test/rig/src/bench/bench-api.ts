import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { RigError } from "../rig-error.ts";

export interface BenchState {
  readonly name: string;
  readonly machineID: string;
  readonly systemdActiveState: string;
}

const GIVE_UP_AFTER_MS = 300_000;

/** The HTTP API as a busy client uses it: one connection kept open a call in flight. */
export class BenchApi {
  readonly #endpoint: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** Wishes a unit that runs until it is stopped. */
  async launch(unit: string): Promise<void> {
    const options = [
      { section: "Service", name: "ExecStart", value: "/bin/sleep infinity" },
      { section: "Unit", name: "Description", value: unit },
    ];
    await this.#send("PUT", `/units/${unit}`, { name: unit, desiredState: "launched", options });
  }

  async setState(unit: string, desiredState: "inactive" | "loaded" | "launched"): Promise<void> {
    await this.#send("PUT", `/units/${unit}`, { name: unit, desiredState });
  }

  async destroy(unit: string): Promise<void> {
    await this.#send("DELETE", `/units/${unit}`);
  }

  /** The states of one unit, or of all. */
  async states(unit?: string): Promise<readonly BenchState[]> {
    const states: BenchState[] = [];
    let token = "";
    do {
      const query = new URLSearchParams();
      if (unit !== undefined) query.set("unitName", unit);
      if (token !== "") query.set("nextPageToken", token);
      const text = await this.#send("GET", `/state?${query.toString()}`);
      const page = JSON.parse(text) as { states?: BenchState[]; nextPageToken?: string };
      states.push(...(page.states ?? []));
      token = page.nextPageToken ?? "";
    } while (token !== "");
    return states;
  }

  /** How many entries all pages of a listing have together; none of them is kept. */
  async count(path: string): Promise<number> {
    let entries = 0;
    let query = "";
    do {
      const text = await this.#send("GET", path + query);
      const page = JSON.parse(text) as { units?: []; states?: []; nextPageToken?: string };
      entries += (page.units ?? page.states ?? []).length;
      const token = page.nextPageToken ?? "";
      query = token === "" ? "" : `?${new URLSearchParams({ nextPageToken: token }).toString()}`;
    } while (query !== "");
    return entries;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(method: string, path: string, body?: unknown): Promise<string> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const headers = text === undefined ? {} : { "Content-Type": "application/json" };
      const url = `${this.#endpoint}/fleet/v1${path}`;
      const call = request(url, { method, agent: this.#agent, headers }, (answer) => {
        let read = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (read += chunk));
        answer.on("end", () => {
          if ((answer.statusCode ?? 500) < 300) resolve(read);
          else reject(new RigError(`${method} ${url}: ${answer.statusCode} ${read}`));
        });
      });
      call.on("error", reject);
      call.end(text);
    });
  }
}

/** Asks until `done` says yes and returns the milliseconds that took. */
export async function msUntil(
  done: () => Promise<boolean>,
  everyMs: number,
  since = performance.now(),
): Promise<number> {
  while (!(await done())) {
    if (performance.now() - since > GIVE_UP_AFTER_MS) throw new RigError("the bench waited 300 s");
    await sleep(everyMs);
  }
  return performance.now() - since;
}

/** Calls `act` for every item, at most `width` at a time. */
export async function eachLimited<T>(
  items: readonly T[],
  width: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
