/** Where witnesses are placed, and what they wrote down, in one quiet moment. */
export interface Sighting {
  /** The machines' IDs by unit. */
  readonly homes: ReadonlyMap<string, ReadonlySet<string>>;
  /** `NAME start` and `NAME stop` by machine, since it booted. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
}

/** What a fault did to machines that may explain a move. */
export interface Losses {
  /** Gone for longer than agent_ttl, and back. */
  readonly lost?: string;
  /** Booted again. */
  readonly booted?: string;
}

/** What witnesses saw between two quiet moments that they must not have seen. */
export function wrongRecords(before: Sighting, after: Sighting, losses: Losses): readonly string[] {
  const units = [...new Set([...before.homes.keys(), ...after.homes.keys()])].toSorted();
  return [...after.seen.keys()].flatMap((machine) => {
    const news = newsOf(machine, before, after, losses);
    return units.flatMap((unit) => {
      const was = before.homes.get(unit)?.has(machine) === true;
      const is = after.homes.get(unit)?.has(machine) === true;
      const saw = news
        .filter((line) => line.startsWith(`${unit} `))
        .map((line) => line.split(" ")[1]);
      const isExcused = machine === losses.lost || machine === losses.booted;
      const wrong = [];
      if (was && !is && !isExcused) wrong.push(`${unit} was taken from ${machine}`);
      const expected = machine === losses.booted ? eventsOf(false, is) : eventsOf(was, is);
      if (saw.join() !== expected.join()) {
        wrong.push(
          `${unit} on ${machine} saw ${saw.join() || "nothing"}, not ${expected.join() || "nothing"}`,
        );
      }
      return wrong;
    });
  });
}

function newsOf(
  machine: string,
  before: Sighting,
  after: Sighting,
  losses: Losses,
): readonly string[] {
  const known = machine === losses.booted ? 0 : (before.seen.get(machine)?.length ?? 0);
  return (after.seen.get(machine) ?? []).slice(known);
}

function eventsOf(was: boolean, is: boolean): readonly string[] {
  if (was === is) return [];
  return is ? ["start"] : ["stop"];
}
