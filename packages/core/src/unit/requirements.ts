/** What the `[X-Fleet]` section of one unit asks for, specifiers expanded, old spellings folded in. */
export interface Requirements {
  /** Full or short (8 characters) machine ID; "" is a requirement nothing meets. */
  readonly machineId: string | undefined;
  /** Names of units that must be on the same machine (`MachineOf`). Not validated: may name nothing. */
  readonly peers: readonly string[];
  /** Per key the accepted values: any value of a key, every key (`MachineMetadata`). */
  readonly metadata: ReadonlyMap<string, ReadonlySet<string>>;
  /** Globs against full unit names (`Conflicts`). */
  readonly conflicts: readonly string[];
  /** Globs against full unit names (`Replaces`). */
  readonly replaces: readonly string[];
  readonly global: boolean;
}
