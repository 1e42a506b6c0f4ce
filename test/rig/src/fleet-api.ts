import { FLEET_PORT } from "./fleet-files.ts";
import { RigError } from "./rig-error.ts";

/** A unit's state on one machine, as the API spells it. */
export interface WireState {
  readonly name: string;
  readonly machineID: string;
  readonly systemdActiveState: string;
  readonly systemdSubState: string;
}

/** A machine of the cluster, as the API spells it. */
export interface WireMachine {
  readonly id: string;
  readonly primaryIP: string;
}

const REQUEST_TIMEOUT_MS = 5_000;

/** Where the API of the machine with this address is, as fleetctl's `--endpoint` takes it. */
export function endpointOf(address: string): string {
  return `http://${address}:${FLEET_PORT}`;
}

/** The machines that are present, as `endpoint` sees it. */
export async function presentMachines(endpoint: string): Promise<readonly WireMachine[]> {
  return listAll<WireMachine>(`${endpoint}/fleet/v1/machines`, "machines");
}

/** What every machine reports of a unit. */
export async function statesOf(endpoint: string, unit: string): Promise<readonly WireState[]> {
  const query = new URLSearchParams({ unitName: unit });
  return listAll<WireState>(`${endpoint}/fleet/v1/state?${query.toString()}`, "states");
}

/** A unit as it is wished, as the API spells it. */
export interface WireUnit {
  readonly name: string;
  readonly desiredState: DesiredState;
}

export type DesiredState = "inactive" | "loaded" | "launched";

/** All units that are wished. */
export async function unitsOf(endpoint: string): Promise<readonly WireUnit[]> {
  return listAll<WireUnit>(`${endpoint}/fleet/v1/units`, "units");
}

/** What every machine reports of every unit. */
export async function allStatesOf(endpoint: string): Promise<readonly WireState[]> {
  return listAll<WireState>(`${endpoint}/fleet/v1/state`, "states");
}

/** Wishes a unit with this file; resolves with the status of the answer. */
export async function putUnit(
  endpoint: string,
  unit: string,
  wish: { readonly desiredState: DesiredState; readonly text: string },
): Promise<number> {
  const body = JSON.stringify({ desiredState: wish.desiredState, options: optionsOf(wish.text) });
  return statusOf(`${endpoint}/fleet/v1/units/${unit}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body,
  });
}

/** Destroys a unit; resolves with the status of the answer. */
export async function deleteUnit(endpoint: string, unit: string): Promise<number> {
  return statusOf(`${endpoint}/fleet/v1/units/${unit}`, { method: "DELETE" });
}

async function statusOf(url: string, request: RequestInit): Promise<number> {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  await answer.arrayBuffer();
  return answer.status;
}

/** The lines of a unit file without comments and continued lines. */
function optionsOf(text: string): readonly object[] {
  let section = "";
  const options: object[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("[")) section = line.slice(1, -1);
    const [name = "", ...value] = line.split("=");
    if (value.length > 0) options.push({ section, name, value: value.join("=") });
  }
  return options;
}

/** Every page of a listing. @throws {RigError} with the answer when it is not a 200. */
async function listAll<Item>(url: string, key: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  let next: string | undefined = "";
  while (next !== undefined) {
    const page = new URL(url);
    if (next !== "") page.searchParams.set("nextPageToken", next);
    const answer = await fetch(page, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const text = await answer.text();
    if (!answer.ok) throw new RigError(`${page.href}: ${answer.status} ${text}`);
    const body = JSON.parse(text) as Readonly<Record<string, unknown>>;
    items.push(...((body[key] ?? []) as readonly Item[]));
    next = body["nextPageToken"] as string | undefined;
  }
  return items;
}
