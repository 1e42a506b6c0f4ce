import {
  ANSWER_DEADLINE_MS,
  DESTINATION,
  MANAGER,
  MANAGER_PATH,
  PROPERTIES,
} from "./manager-methods.ts";
import type { MethodCall } from "./method-call.ts";

const BUS = "org.freedesktop.DBus";

/** Introduces the client to a message bus; systemd's own socket knows no such method. */
export function helloCall(): MethodCall {
  return busCall("Hello", "", "s", []);
}

/** Asks a message bus to pass on the signals that match `rule`. */
export function addMatchCall(rule: string): MethodCall {
  return busCall("AddMatch", "s", "", [rule]);
}

/** Asks whoever is at the other end for an answer and nothing else. */
export function pingCall(): MethodCall {
  return { ...busCall("Ping", "", "", []), interface: `${BUS}.Peer`, path: "/" };
}

/** What fleet wants to hear: one rule for all units, since a bus allows 512 rules a client. */
export const MATCH_RULES: readonly string[] = [
  ...["JobRemoved", "UnitNew", "Reloading"].map(
    (member) =>
      `type='signal',sender='${DESTINATION}',path='${MANAGER_PATH}',interface='${MANAGER}',member='${member}'`,
  ),
  `type='signal',sender='${DESTINATION}',interface='${PROPERTIES}',member='PropertiesChanged',path_namespace='${MANAGER_PATH}/unit',arg0namespace='${DESTINATION}'`,
  `type='signal',sender='${BUS}',interface='${BUS}',member='NameOwnerChanged',arg0='${DESTINATION}'`,
];

function busCall(
  member: string,
  signature: string,
  replySignature: string,
  body: readonly unknown[],
): MethodCall {
  return {
    destination: BUS,
    path: "/org/freedesktop/DBus",
    interface: BUS,
    member,
    signature,
    replySignature,
    body,
    deadlineMs: ANSWER_DEADLINE_MS,
  };
}
