import { type Cluster, startCluster } from "../cluster.ts";
import { BenchApi, medianOf } from "./bench-api.ts";
import { fleetdResidentMb, requestsOf } from "./idle.ts";
import { seedUnits } from "./seed.ts";

// What it costs to list many units, all pages: `npm run bench:listing`. The goal is 2 s for 10 000 units in pages of
// 100, with as many requests to etcd a page as for few units, and memory that does not grow from round to round.

const TOTALS = [1_000, 10_000];
const MACHINES = 100;
const TOKEN_LIMIT = 100;
const ROUNDS = 5;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

// Nobody leads: an engine would place what is only said to run.
const fleetConf = { disable_engine: true, token_limit: TOKEN_LIMIT };
await using cluster = await startCluster({ machines: 1, fleetConf });
const api = new BenchApi(cluster.endpoint());
const machines = Array.from({ length: MACHINES }, (_, n) => String(n).padStart(32, "0"));
let seeded = 0;
for (const total of TOTALS) {
  const fresh = Array.from({ length: total - seeded }, (_, n) => nameOf(seeded + n));
  await seedUnits(cluster.etcd.endpoint, fresh, machines);
  seeded = total;
  for (const path of ["/units", "/state"]) await measure(path, total);
}
api.close();

function nameOf(index: number): string {
  return `bench-${String(index).padStart(5, "0")}.service`;
}

async function measure(path: string, total: number): Promise<void> {
  const times: number[] = [];
  const memoryMb: number[] = [];
  const before = await requestCount(cluster);
  for (let round = 0; round < ROUNDS; round++) {
    const since = performance.now();
    const found = await api.count(path);
    times.push(performance.now() - since);
    if (found !== total) say(`GET ${path}: ${found} entries instead of ${total}`);
    memoryMb.push(await residentMb(cluster));
  }
  const pages = Math.floor(total / TOKEN_LIMIT) + 1;
  const perPage = ((await requestCount(cluster)) - before) / ROUNDS / pages;
  say(
    `GET ${path}, ${total} entries: median ${medianOf(times).toFixed(0)} ms, worst ${Math.max(...times).toFixed(0)} ms, ` +
      `${perPage.toFixed(2)} requests to etcd a page, resident ${memoryMb.map((mb) => mb.toFixed(0)).join(", ")} MB`,
  );
}

/** Reads that etcd was sent since it started. */
async function requestCount({ etcd }: Cluster): Promise<number> {
  const counts = await requestsOf(etcd.endpoint);
  return (counts.get("Range") ?? 0) + (counts.get("Txn") ?? 0);
}

/** What fleetd holds in memory. */
async function residentMb({ machines: [machine] }: Cluster): Promise<number> {
  return machine === undefined ? Number.NaN : fleetdResidentMb(machine);
}
