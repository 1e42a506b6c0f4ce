import type { Context } from "../context.ts";
import type { ApiDropFile } from "./fleet-api.ts";

/**
 * Where files of these names wait in drop directories: the machines, for people, by the file's name. None where the API
 * does not tell, such as fleet 1.0.0's.
 */
export async function dropPlaces(
  context: Pick<Context, "client" | "machines" | "signal">,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(names);
  const places = new Map<string, string>();
  for (const { name, machine } of await dropFiles(context)) {
    if (!wanted.has(name)) continue;
    const place = await context.machines().legend(machine, "short");
    const others = places.get(name);
    places.set(name, others === undefined ? place : `${others}, ${place}`);
  }
  return places;
}

async function dropFiles({
  client,
  signal,
}: Pick<Context, "client" | "signal">): Promise<readonly ApiDropFile[]> {
  try {
    return await client().dropFiles(signal);
  } catch {
    signal.throwIfAborted();
    return [];
  }
}
