import { readFileSync } from "node:fs";

import { ticksIn } from "@fleet/rig";

const TICKS_PER_SECOND = 100;

/** Seconds of processor time that a process has used. */
export function cpuSecondsOf(pid: number): number {
  return ticksIn(readFileSync(`/proc/${pid}/stat`, "utf8")) / TICKS_PER_SECOND;
}

/** What a process holds in memory, and the most it ever held, in MB (2^20 bytes). */
export function memoryOf(pid: number): { readonly nowMb: number; readonly mostMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mb = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  return { nowMb: mb("VmRSS"), mostMb: mb("VmHWM") };
}

/** The part of all processors that nobody else left idle: whatever runs beside the load shows here. */
export function machineBusySeconds(): number {
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)
    .join()
    .split(/\s+/)
    .map(Number);
  const ticks = [user, nice, system, irq, softirq, steal].map((value) => value ?? 0);
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}
