import type { UnitName, UnitRun } from "@fleet/core";

/** Properties as they come in a signal; their types have not been checked. */
export type RunProperties = Readonly<Record<string, { readonly value: unknown } | undefined>>;

/** The last part of an interface's name: what every unit has; what depends on its type is `Service`, `Socket` … */
const UNIT = "Unit";
const SINCE = "StateChangeTimestamp";
/** When the conditions were last looked at, 0 for never, and whether all of them held. */
const LOOKED = "ConditionTimestamp";
const HOLDS = "ConditionResult";
const SERVICE_END = ["Result", "ExecMainCode", "ExecMainStatus", "NRestarts"];
/** Types whose units have no run that could end one way or another. */
const WITHOUT_RESULT: ReadonlySet<string> = new Set(["target", "slice", "device"]);
/** systemd's codes for how a process ended (`si_code`): it exited, or a signal killed it, with a core dump or without. */
const EXITED = 1;
const KILLED: ReadonlySet<unknown> = new Set([2, 3]);
const USEC_PER_MS = 1_000n;

/**
 * How units' last runs went, from systemd's own signals: every one of them carries all the values
 * of its interface, so nothing has to be asked for.
 */
export class UnitRuns {
  readonly #runs = new Map<UnitName, UnitRun>();
  readonly #unheard = new Set<UnitName>();

  /** The unit has a run of which systemd may not speak again: whoever wants to know has to ask. */
  missed(unit: UnitName): void {
    if (!this.#runs.has(unit)) this.#unheard.add(unit);
  }

  /** Whether the unit was missed, and has not been heard of or asked for since; says so once. */
  mustAsk(unit: UnitName): boolean {
    return this.#unheard.delete(unit);
  }

  /** What is known of the unit's last run; undefined when systemd has not spoken of it yet. */
  of(unit: UnitName): UnitRun | undefined {
    return this.#runs.get(unit);
  }

  /** Takes in the properties of one of the unit's interfaces. */
  take(unit: UnitName, owner: string, properties: RunProperties): void {
    const news = owner === UNIT ? startOf(properties) : endOf(properties);
    this.#unheard.delete(unit);
    this.#runs.set(unit, { ...keptOf(this.#runs.get(unit), owner), ...news });
  }

  /**
   * Takes in what systemd answered about all interfaces of the unit, unless it has spoken of the unit
   * meanwhile, which is newer. A unit that nobody has tried to start has no run: its `Result` is only where values begin.
   */
  takeAnswer(
    unit: UnitName,
    answer: readonly (readonly [owner: string, properties: RunProperties])[],
  ): void {
    if (this.#runs.has(unit)) return;
    const unitProperties = answer.find(([owner]) => owner === UNIT)?.[1] ?? {};
    if (usecOf(unitProperties[SINCE]) === 0n && usecOf(unitProperties[LOOKED]) === 0n) return;
    for (const [owner, properties] of answer) this.take(unit, owner, properties);
  }

  forget(unit: UnitName): void {
    this.#runs.delete(unit);
    this.#unheard.delete(unit);
  }
}

/** What the other interface has said: a signal replaces all that was known from its own. */
function keptOf(run: UnitRun | undefined, owner: string): UnitRun {
  if (run === undefined) return {};
  const { sinceMs, isSkipped, ...end } = run;
  if (owner === UNIT) return end;
  return { ...(sinceMs === undefined ? {} : { sinceMs }), ...(isSkipped ? { isSkipped } : {}) };
}

function startOf(properties: RunProperties): UnitRun {
  const usec = usecOf(properties[SINCE]);
  const isSkipped = properties[HOLDS]?.value === false && usecOf(properties[LOOKED]) > 0n;
  return {
    ...(usec > 0n ? { sinceMs: Number(usec / USEC_PER_MS) } : {}),
    ...(isSkipped ? { isSkipped } : {}),
  };
}

function usecOf(property: { readonly value: unknown } | undefined): bigint {
  return typeof property?.value === "bigint" ? property.value : 0n;
}

function endOf(properties: RunProperties): UnitRun {
  const result = properties["Result"]?.value;
  const restarts = properties["NRestarts"]?.value;
  return {
    ...(typeof result === "string" ? { result } : {}),
    ...exitOf(properties["ExecMainCode"]?.value, properties["ExecMainStatus"]?.value),
    ...(typeof restarts === "number" ? { restarts } : {}),
  };
}

function exitOf(code: unknown, status: unknown): UnitRun {
  if (typeof status !== "number") return {};
  if (code === EXITED) return { exitStatus: status };
  return KILLED.has(code) ? { exitSignal: status } : {};
}

/** The properties to ask for when nothing was heard of a unit of this type, by interface. What is up was not skipped. */
export function runPropertiesOf(
  type: string,
  isDown: boolean,
): readonly { readonly owner: string; readonly names: readonly string[] }[] {
  const start = { owner: UNIT, names: isDown ? [SINCE, LOOKED, HOLDS] : [SINCE] };
  if (WITHOUT_RESULT.has(type)) return [start];
  const owner = type.charAt(0).toUpperCase() + type.slice(1);
  return [start, { owner, names: type === "service" ? SERVICE_END : ["Result"] }];
}
