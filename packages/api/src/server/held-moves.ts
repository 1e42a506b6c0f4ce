import type { HeldMoves } from "@fleet/registry";

import { jsonText } from "../json.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { attempt } from "./errors.ts";
import type { Call, RouteOptions, Serves } from "./routes.ts";

/** `/held-moves`, which fleet 1.0.0 does not have. */
export function heldMovesRoutes(options: RouteOptions): Serves<"getHeldMoves" | "resumeMoves"> {
  return {
    getHeldMoves: (call) => getHeldMoves(options, call),
    resumeMoves: (call) => resumeMoves(options, call),
  };
}

async function getHeldMoves({ registry }: RouteOptions, { signal }: Call): Promise<Answer> {
  return answer(await attempt("Failed fetching held moves", () => registry.heldMoves(signal)));
}

async function resumeMoves({ registry }: RouteOptions, { signal }: Call): Promise<Answer> {
  const machines = await attempt("Failed resuming moves", async () => {
    const held = await registry.heldMoves(signal);
    return registry.giveUp(held.machines, signal);
  });
  return answer({ machines });
}

function answer({ machines }: HeldMoves): Answer {
  return jsonAnswer(200, jsonText({ machines }));
}
