import { type Cluster, until } from "@fleet/rig";
import { expect } from "vitest";

/** Where units of these tests write down what happens to them; the machines share one clock. */
const RECORD = (name: string): string => `/var/log/${name}.story`;

/** A command for `ExecStart=` and its like that writes down that something happened. */
export function noted(name: string, what: string): string {
  return `/bin/sh -c 'echo ${what} $$(date +%%s%%N) >> ${RECORD(name)}; sync'`;
}

interface Act {
  readonly what: string;
  readonly atNs: bigint;
  readonly machine: string;
}

/** What a unit wrote down on any machine, oldest first: `start on 0`. Machines are numbered as they come up. */
export async function storyOf(cluster: Cluster, name: string): Promise<readonly string[]> {
  const order: string[] = [];
  return (await actsOf(cluster, name)).map(({ what, machine }) => {
    if (!order.includes(machine)) order.push(machine);
    return `${what} on ${order.indexOf(machine)}`;
  });
}

/** Resolves when a unit has done so much; fails if that was something else. */
export async function untilStory(
  cluster: Cluster,
  name: string,
  wanted: readonly string[],
): Promise<void> {
  const story = await until(
    `${name} has done: ${wanted.join(", ")}`,
    async () => {
      const saw = await storyOf(cluster, name);
      return saw.length >= wanted.length
        ? { done: true, value: saw }
        : { done: false, saw: saw.join(", ") };
    },
    { withinMs: 60_000 },
  );
  expect(story).toEqual(wanted);
}

async function actsOf(cluster: Cluster, name: string): Promise<readonly Act[]> {
  const found: Act[] = [];
  for (const machine of cluster.machines) {
    const { stdout } = await machine.run(["cat", RECORD(name)]); // none where it has never run
    for (const line of stdout.split("\n").filter((text) => text !== "")) {
      const [what = "", atNs = ""] = line.split(" ");
      found.push({ what, atNs: BigInt(atNs), machine: machine.id });
    }
  }
  return found.toSorted((one, other) => (one.atNs < other.atNs ? -1 : 1));
}
