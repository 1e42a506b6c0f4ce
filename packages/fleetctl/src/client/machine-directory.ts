import type { ApiMachine, FleetApi } from "./fleet-api.ts";

const SHORT_ID_CHARS = 8;

/** Whether an ID is shown whole or as its beginning. */
export type IdLength = "full" | "short";

/** The machines that are present, asked for once in a run and only when somebody wants to know. */
export class MachineDirectory {
  readonly #api: FleetApi;
  readonly #signal: AbortSignal;
  #listing: Promise<ReadonlyMap<string, ApiMachine>> | undefined;

  constructor(api: FleetApi, signal: AbortSignal) {
    this.#api = api;
    this.#signal = signal;
  }

  /** Machines by ID. */
  all(): Promise<ReadonlyMap<string, ApiMachine>> {
    this.#listing ??= this.#list();
    return this.#listing;
  }

  /** Like {@link all}, for what is worth showing without addresses, too: empty when it fails. */
  async known(): Promise<ReadonlyMap<string, ApiMachine>> {
    try {
      return await this.all();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return new Map();
    }
  }

  /** The machine as listings show it: its ID, and its address when it is known and has one. */
  async legend(id: string, length: IdLength): Promise<string> {
    return legendOf(id, await this.known(), length);
  }

  async #list(): Promise<ReadonlyMap<string, ApiMachine>> {
    const machines = await this.#api.machines(this.#signal);
    return new Map(machines.map((machine) => [machine.id, machine]));
  }
}

export function idText(id: string, length: IdLength): string {
  return length === "full" ? id : `${id.slice(0, SHORT_ID_CHARS)}...`;
}

const FULL_ID = /\b[0-9a-f]{32}\b/g;

/** A text in which machines are named, with their IDs as listings show them. */
export function withIdTexts(text: string, length: IdLength): string {
  return text.replace(FULL_ID, (id) => idText(id, length));
}

function legendOf(id: string, machines: ReadonlyMap<string, ApiMachine>, length: IdLength): string {
  const address = machines.get(id)?.publicIp ?? "";
  return address === "" ? idText(id, length) : `${idText(id, length)}/${address}`;
}
