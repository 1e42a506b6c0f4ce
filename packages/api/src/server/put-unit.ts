import { requirementsOf, type UnitName } from "@fleet/core";
import type { UnitRegistry } from "@fleet/registry";

import { type Answer, emptyAnswer } from "./answer.ts";
import { refuseCircularReplace } from "./circular-replace.ts";
import { decidePut, nameOfPut, type PutDecision } from "./decide-put.ts";
import { attempt, RequestError, RequestFailedError } from "./errors.ts";
import type { FirstLook } from "./first-look.ts";
import { readBodyAs } from "./request-body.ts";
import { type Call, itemName, type RouteOptions } from "./routes.ts";
import { decodeUnitBody, type UnitBody } from "./unit-body.ts";

const ATTEMPTS_MAX = 5;
const JSON_TYPE = "application/json";

/**
 * PUT /units/{name}: creates, replaces or changes the target state. When somebody else changes the
 * unit between our reading and our writing, all is read and decided again, five times at most.
 */
export async function putUnit(
  { registry }: RouteOptions,
  call: Call,
  firstLook: FirstLook,
): Promise<Answer> {
  const inUrl = itemName(call);
  refuseOtherTypes(call.request.raw.rawHeaders);
  const body = await readBodyAs(decodeUnitBody, call, "unable to decode body: ");
  const name = nameOfPut(inUrl, body.name);
  if (await tryCreate(registry, name, body, call.signal)) return emptyAnswer(201);
  for (let tries = 1; tries <= ATTEMPTS_MAX; tries += 1) {
    const done = await tryPut(registry, name, body, call.signal);
    if (done === undefined) continue;
    if (done.isStop) firstLook.follows(name, call.request.raw);
    return emptyAnswer(done.status);
  }
  const cause = new Error(`changed by others ${ATTEMPTS_MAX} times in a row`);
  throw new RequestFailedError(`Failed creating Unit(${name}) in Registry: ${cause.message}`, {
    cause,
  });
}

/**
 * Stores a unit that is new, without asking before whether it is: most are, and storing says so. False
 * when there is one of that name, or when it replaces others: what is wrong with that depends on what is
 * stored. Anything else that is wrong with a new unit would be wrong with any.
 */
async function tryCreate(
  registry: UnitRegistry,
  name: UnitName,
  body: UnitBody,
  signal: AbortSignal,
): Promise<boolean> {
  if (body.options.length === 0) return false;
  const decision = decidePut(name, body, undefined);
  if (decision.kind !== "store") return false;
  if (requirementsOf(name, decision.file).replaces.length > 0) return false;
  return store(registry, name, decision, signal);
}

/** A PUT that was carried out. */
interface Done {
  readonly status: 201 | 204;
  /** A unit that was to run is to be loaded only. */
  readonly isStop?: boolean;
}

/** Undefined when somebody else was faster. */
async function tryPut(
  registry: UnitRegistry,
  name: UnitName,
  body: UnitBody,
  signal: AbortSignal,
): Promise<Done | undefined> {
  const existing = await attempt(`Failed fetching Unit(${name}) from Registry`, () =>
    registry.storedUnit(name, signal),
  );
  const decision = decidePut(name, body, existing);
  const { targetState, expected } = decision;
  if (decision.kind === "store") {
    return (await store(registry, name, decision, signal)) ? { status: 201 } : undefined;
  }
  // Also where that is as it was: an earlier wish that failed and is still on its way must not come after this one.
  const isSet = await attempt(`Failed setting target state of Unit(${name})`, () =>
    registry.setTargetState({ name, targetState, expected }, signal),
  );
  const isStop = existing?.targetState === "launched" && targetState === "loaded";
  return isSet ? { status: 204, isStop } : undefined;
}

/** False when the unit is no longer as it was when this was decided. */
async function store(
  registry: UnitRegistry,
  name: UnitName,
  { file, targetState, expected }: PutDecision & { readonly kind: "store" },
  signal: AbortSignal,
): Promise<boolean> {
  const unit = { name, file, targetState };
  await refuseCircularReplace(registry, unit, signal);
  return attempt(`Failed creating Unit(${name}) in Registry`, () =>
    registry.putUnit(unit, expected, signal),
  );
}

/** @throws {RequestError} 415 unless there is one Content-Type, and it is JSON. */
function refuseOtherTypes(rawHeaders: readonly string[]): void {
  const types: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === "content-type") types.push(rawHeaders[at + 1] ?? "");
  }
  const [type = ""] = types;
  if (types.length !== 1) {
    throw new RequestError(415, `expected 1 Content-Type, got ${types.length}`);
  }
  if (type.split(";", 1).join().trim() !== JSON_TYPE) {
    throw new RequestError(415, `only acceptable Content-Type is ${JSON_TYPE}`);
  }
}
