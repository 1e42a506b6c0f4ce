import type { ApiClient } from "./api-client.ts";
import { type Call, jsonIn } from "./call.ts";
import { decodeReports, decodeWaiting } from "./decode.ts";

const NOT_FOUND = 404;

/** The calls that tell how a unit fares, which any fleet 1.0.0 answers with a 404. */
export function reportCalls(call: Call): Pick<ApiClient, "waiting" | "reports" | "reportOn"> {
  return {
    async reports(name, signal) {
      const answer = await call({ method: "GET", path: ["reports", name] }, signal);
      return answer.status === NOT_FOUND ? [] : decodeReports(jsonIn(answer));
    },
    async waiting(name, signal) {
      const answer = await call({ method: "GET", path: ["waiting", name] }, signal);
      return answer.status === NOT_FOUND ? undefined : decodeWaiting(jsonIn(answer));
    },
    async reportOn(machineID, name, signal) {
      const request = { method: "GET", path: ["reports", name], query: { machineID } } as const;
      const answer = await call(request, signal);
      const found = answer.status === NOT_FOUND ? [] : decodeReports(jsonIn(answer));
      return found.find(({ machine }) => machine === machineID);
    },
  };
}
