import type { Machine } from "@fleet/rig";

/** What systemd says of a machine's fleet.service. */
export interface ServiceState {
  readonly active: string;
  /** How it ended, or `success` while it has not. */
  readonly result: string;
}

export async function fleetService(machine: Machine): Promise<ServiceState> {
  const show = ["systemctl", "show", "--property=ActiveState,Result", "fleet.service"];
  const lines = (await machine.exec(...show)).trim().split("\n");
  const values = new Map(lines.map((line) => line.split("=") as [string, string]));
  return { active: values.get("ActiveState") ?? "", result: values.get("Result") ?? "" };
}

/** What a machine's fleetd has logged since the machine booted. */
export async function fleetLog(machine: Machine): Promise<string> {
  return machine.exec("journalctl", "--no-pager", "--output=cat", "--unit=fleet.service");
}
