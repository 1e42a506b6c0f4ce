import { type RawAnswer, rawRequest } from "@fleet/api/testing";
import type { Clock } from "@fleet/core";
import type { SeededRandom } from "@fleet/rig";

import type { SimulatedMachine } from "./simulated-machine.ts";

/** fleetctl's own. */
const PATIENCE_MS = 3_000;

/** What became of a request: its answer, that it never arrived, or that nobody knows. */
export type Outcome = RawAnswer | "refused" | "no answer";

/**
 * Asks a machine's API; `line`: a method and a path below the root. Whoever has waited in vain stops
 * listening, or breaks the connection off.
 */
export async function askApi(
  machine: SimulatedMachine,
  { clock, random }: { readonly clock: Clock; readonly random: SeededRandom },
  line: string,
  content?: unknown,
): Promise<Outcome> {
  const connection = machine.connect();
  if (connection === undefined) return "refused";
  const [method, path] = line.split(" ");
  const request = rawRequest(`${method} /fleet/v1/${path}`, {
    headers: ["Content-Type: application/json"],
    body: content === undefined ? "" : JSON.stringify(content),
  });
  const answered = new AbortController();
  const patience = clock.sleep(PATIENCE_MS, answered.signal).then(() => undefined);
  const answer = await Promise.race([connection.exchange(request), patience]);
  answered.abort();
  if (answer === undefined && random.chance(0.5)) connection.breakOff();
  return answer ?? "no answer";
}

/** What the API's statuses promise of a change (docs/api-v1.md); nobody here asks for what is not allowed. */
export function verdictOf(
  outcome: Outcome,
): "done" | "no such unit" | "not now" | "failed" | "unknown" | "wrong" {
  if (outcome === "refused") return "not now";
  if (outcome === "no answer") return "unknown";
  switch (outcome.status) {
    case 201:
    case 204:
      return "done";
    case 404:
    case 409:
      return "no such unit";
    case 500:
      return "failed";
    case 503:
      return "not now";
    default:
      return "wrong";
  }
}
