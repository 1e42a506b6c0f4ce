import { parseUnitName, type UnitName } from "@fleet/core";
import { ManualClock } from "@fleet/core/testing";
import { expect, test } from "vitest";

import { ChangeCollector } from "./change-collector.ts";

const [WEB, DB] = [parseUnitName("web.service"), parseUnitName("db.service")];

test("names that come within a few milliseconds are reported together, each once", async () => {
  const { clock, changes, reports } = collector();
  for (const unit of [WEB, DB, WEB]) changes.add(unit);
  await clock.advance(5);
  changes.add(WEB);
  await clock.advance(5);
  expect(reports).toEqual([[WEB, DB], [WEB]]);
});

test("nothing is reported once the watcher has left, and no sleeper stays behind", async () => {
  const { clock, changes, reports, end } = collector();
  changes.add(WEB);
  end.abort();
  await clock.settle();
  expect({ reports, sleepers: clock.sleepers }).toEqual({ reports: [], sleepers: 0 });
});

function collector(): {
  clock: ManualClock;
  changes: ChangeCollector;
  reports: (readonly UnitName[])[];
  end: AbortController;
} {
  const clock = new ManualClock();
  const end = new AbortController();
  const reports: (readonly UnitName[])[] = [];
  const report = (units: readonly UnitName[]): void => void reports.push(units);
  return { clock, changes: new ChangeCollector(clock, report, end.signal), reports, end };
}
