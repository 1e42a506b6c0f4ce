import type { MethodCall } from "./connection.ts";

const DESTINATION = "org.freedesktop.systemd1";
const MANAGER_PATH = "/org/freedesktop/systemd1";
const MANAGER = "org.freedesktop.systemd1.Manager";
const PROPERTIES = "org.freedesktop.DBus.Properties";
const BUS = "org.freedesktop.DBus";

const ANSWER_DEADLINE_MS = 25_000;
/** systemd answers nobody while it reloads, which takes seconds with a thousand units. */
const RELOAD_DEADLINE_MS = 180_000;

/** The methods of systemd's manager that fleet calls: the signature of what goes in and what comes out. */
const METHODS = {
  DisableUnitFiles: ["asb", "a(sss)"],
  EnableUnitFiles: ["asbb", "ba(sss)"],
  GetUnit: ["s", "o"],
  GetUnitByPID: ["u", "o"],
  LinkUnitFiles: ["asbb", "a(sss)"],
  ListUnitsByNames: ["as", "a(ssssssouso)"],
  Reload: ["", ""],
  ResetFailedUnit: ["s", ""],
  StartUnit: ["ss", "o"],
  StopUnit: ["ss", "o"],
  Subscribe: ["", ""],
} as const;

export type ManagerMethod = keyof typeof METHODS;

export function managerCall(member: ManagerMethod, body: readonly unknown[]): MethodCall {
  const [signature, replySignature] = METHODS[member];
  return {
    destination: DESTINATION,
    path: MANAGER_PATH,
    interface: MANAGER,
    member,
    signature,
    replySignature,
    body,
    deadlineMs: member === "Reload" ? RELOAD_DEADLINE_MS : ANSWER_DEADLINE_MS,
  };
}

/** Reads one property; `owner` is the last part of its interface's name: `Manager`, `Unit`, `Job`. */
export function propertyCall(path: string, owner: string, name: string): MethodCall {
  return {
    destination: DESTINATION,
    path,
    interface: PROPERTIES,
    member: "Get",
    signature: "ss",
    replySignature: "v",
    body: [`${DESTINATION}.${owner}`, name],
    deadlineMs: ANSWER_DEADLINE_MS,
  };
}

export function managerPropertyCall(name: string): MethodCall {
  return propertyCall(MANAGER_PATH, "Manager", name);
}

/** Introduces the client to a message bus; systemd's own socket knows no such method. */
export function helloCall(): MethodCall {
  return busCall("Hello", "", "s", []);
}

/** Asks a message bus to pass on the signals that match `rule`. */
export function addMatchCall(rule: string): MethodCall {
  return busCall("AddMatch", "s", "", [rule]);
}

/** What fleet wants to hear: one rule for all units, since a bus allows 512 rules a client. */
export const MATCH_RULES: readonly string[] = [
  ...["JobRemoved", "UnitNew", "Reloading"].map(
    (member) =>
      `type='signal',sender='${DESTINATION}',path='${MANAGER_PATH}',interface='${MANAGER}',member='${member}'`,
  ),
  `type='signal',sender='${DESTINATION}',interface='${PROPERTIES}',member='PropertiesChanged',path_namespace='${MANAGER_PATH}/unit',arg0='${DESTINATION}.Unit'`,
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
