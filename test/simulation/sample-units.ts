/** A unit of the simulation, and the rules it must be placed by, spelled out a second time for the checks. */
export interface SampleUnit {
  readonly name: string;
  /** Lines of `[X-Fleet]`. */
  readonly lines: string;
  readonly global: boolean;
  /** Units it may not share a machine with. */
  readonly conflicts: (other: string) => boolean;
  /** The unit it must be beside. */
  readonly peer: string | undefined;
  /** Two of it must never run. */
  readonly once: boolean;
  /** It leaves a machine that is there before it starts elsewhere. */
  readonly stopsFirst: boolean;
  readonly fits: (metadata: ReadonlyMap<string, string>, machine: string) => boolean;
}

const sample = (name: string, lines = "", more: Partial<SampleUnit> = {}): SampleUnit => ({
  name,
  lines,
  global: false,
  conflicts: () => false,
  peer: undefined,
  once: false,
  stopsFirst: false,
  fits: () => true,
  ...more,
});

const hasSsd = (metadata: ReadonlyMap<string, string>): boolean => metadata.get("disk") === "ssd";
const isOtherLone = (name: string) => (other: string) =>
  other.startsWith("lone-") && other !== name;

export const SAMPLE_UNITS: readonly SampleUnit[] = [
  sample("plain-0.service"),
  sample("plain-1.service"),
  sample("plain-2.service"),
  sample("plain-3.service"),
  ...["lone-0.service", "lone-1.service", "lone-2.service"].map((name) =>
    sample(name, "Conflicts=lone-*.service", { conflicts: isOtherLone(name) }),
  ),
  sample("ssd.service", "MachineMetadata=disk=ssd", { fits: hasSsd }),
  sample("follower.service", "MachineOf=plain-0.service", { peer: "plain-0.service" }),
  sample("once.service", "OnIsolation=stop", { once: true, stopsFirst: true }),
  sample("once-ssd.service", "OnIsolation=stop\nMachineMetadata=disk=ssd", {
    once: true,
    stopsFirst: true,
    fits: hasSsd,
  }),
  sample("away-ssd.service", "Handover=stop-first\nMachineMetadata=disk=ssd", {
    stopsFirst: true,
    fits: hasSsd,
  }),
  sample("pinned.service", "MachineID=m2", { fits: (_, machine) => machine === "m2" }),
  sample("pusher.service", "Replaces=plain-3.service", {
    conflicts: (other) => other === "plain-3.service",
  }),
  sample("all.service", "Global=true", { global: true }),
  sample("all-ssd.service", "Global=true\nMachineMetadata=disk=ssd", {
    global: true,
    fits: hasSsd,
  }),
];

export const sampleUnit = (name: string): SampleUnit => {
  const found = SAMPLE_UNITS.find((unit) => unit.name === name);
  if (found === undefined) throw new Error(`no sample unit ${name}`);
  return found;
};

/** Whether there is a unit that it may not share a machine with. */
export const hasConflicts = (name: string): boolean =>
  SAMPLE_UNITS.some((unit) => unit.conflicts(name) || sampleUnit(name).conflicts(unit.name));
