import { mb, seconds } from "./findings.ts";
import { meter } from "./meter.ts";
import type { Run } from "./run.ts";
import { memoryOf } from "./usage.ts";

/** A person lists everything, page by page. */
export async function listEverything(run: Run): Promise<void> {
  const { cluster, options, findings } = run;
  const { pid } = cluster.server.process;
  for (const path of ["/units", "/state"]) {
    const before = memoryOf(pid).nowMb;
    const used = await meter(cluster);
    const since = performance.now();
    const found = await cluster.api.count(path);
    const tookMs = performance.now() - since;
    const { requests } = await used();
    const reads = (requests.get("Range") ?? 0) + (requests.get("Txn") ?? 0);
    const { nowMb, mostMb } = memoryOf(pid);
    findings.figure(
      `GET ${path}, all pages`,
      `${seconds(tookMs)}, ${reads} requests to etcd, API ${mb(before)} before, ${mb(nowMb)} after, ${mb(mostMb)} at most`,
    );
    findings.promise(`GET ${path} has every unit`, found === options.units);
  }
}
