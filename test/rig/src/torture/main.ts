import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { untilAsked } from "../asked.ts";
import { startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";
import { messageOf } from "../rig-error.ts";
import { readOptions, type TortureOptions } from "./options.ts";
import { Torture } from "./torture.ts";

/*
 * npm run torture -- --minutes N --seed S [--machines 3]: faults drawn at random happen to real machines while clients
 * are at work, and after each the promises of docs/failure-modes.md are checked. Ends with 0 when all of them held, with
 * 1 when one was broken, with 130 on Ctrl-C. The machines are taken down in any case.
 */

const STATUS_INTERRUPTED = 130;
const ANY_SEED_MAX = 1_000_000;

const startedAt = performance.now();
const history: string[] = [];
process.exit(await main());

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2), () =>
      Math.floor(Math.random() * ANY_SEED_MAX),
    );
    say(`Seed ${options.seed}, ${options.minutes} minutes, ${options.machines} machines`);
    const asked = untilAsked();
    await using rig = await startRig();
    const status = await Promise.race([asked, run(rig, options)]);
    return status === "asked" ? STATUS_INTERRUPTED : status;
  } catch (error) {
    say(messageOf(error));
    return 1;
  }
}

async function run(rig: Rig, options: TortureOptions): Promise<number> {
  const torture = await Torture.start(rig, options);
  say("The witnesses have started");
  try {
    const endAt = performance.now() + options.minutes * 60_000;
    let count = 0;
    for (; performance.now() < endAt; count += 1) {
      const fault = torture.draw();
      say(fault.what);
      const { settledAfterMs, acknowledged } = await torture.suffer(fault);
      const seconds = (settledAfterMs / 1_000).toFixed(1);
      say(`  settled after ${seconds} s, ${acknowledged} wishes acknowledged`);
    }
    say(`${count} faults, and every promise held`);
    return 0;
  } catch (error) {
    say(messageOf(error));
    await keepEvidence(torture, options);
    return 1;
  }
}

async function keepEvidence(torture: Torture, options: TortureOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "fleet-torture-"));
  await torture.cluster.saveEvidence(directory);
  await writeFile(join(directory, "history.txt"), history.join(""));
  await writeFile(join(directory, "requests.txt"), torture.requests());
  say(`A promise is broken with --seed ${options.seed} --machines ${options.machines}`);
  say(`Journals, etcd's contents and the faults that led there are in ${directory}`);
}

function say(words: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(7);
  const line = `${new Date().toISOString()} ${seconds} s  ${words}\n`;
  history.push(line);
  process.stdout.write(line);
}
