import type { MethodCall } from "./method-call.ts";

export const DESTINATION = "org.freedesktop.systemd1";
export const MANAGER_PATH = "/org/freedesktop/systemd1";
export const MANAGER = "org.freedesktop.systemd1.Manager";
export const PROPERTIES = "org.freedesktop.DBus.Properties";

export const ANSWER_DEADLINE_MS = 25_000;
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
  ListUnitsFiltered: ["as", "a(ssssssouso)"],
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
