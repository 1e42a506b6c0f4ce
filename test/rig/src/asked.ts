import { once } from "node:events";

/** Resolves with the first signal that asks the program to end; the next one ends it at once. */
export async function untilAsked(): Promise<"asked"> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  await Promise.race(signals.map(async (signal) => once(process, signal)));
  for (const signal of signals) process.once(signal, () => process.exit(1));
  return "asked";
}
