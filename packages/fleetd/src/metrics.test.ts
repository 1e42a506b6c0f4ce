import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

/** The value of each fleet metric that has one, by its name and labels; histograms by their count. */
async function shown(metrics: ReturnType<typeof createMetrics>): Promise<Record<string, number>> {
  const { text } = await metrics.page();
  const lines = text
    .split("\n")
    .filter((line) => line.startsWith("fleet_") && !/_(bucket|sum)/.test(line));
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]));
}

test("before anything happened, what has no label is there and is zero", async () => {
  expect(await shown(createMetrics())).toEqual({
    fleet_agent_start_duration_second_count: 0,
    fleet_engine_held_machines: 0,
    fleet_engine_kept_units: 0,
    fleet_engine_unreadable_values: 0,
    fleet_engine_leader_start_time: 0,
    fleet_engine_placement_duration_second_count: 0,
    fleet_engine_reconcile_count_total: 0,
    fleet_engine_reconcile_duration_second_count: 0,
    fleet_registry_lease_lost_count_total: 0,
    fleet_registry_leases: 0,
    fleet_registry_watch_interrupted_count_total: 0,
    fleet_registry_watches: 0,
  });
});

test("everything is counted once, in fleet's words", async () => {
  const metrics = createMetrics();
  metrics.engine.leading(1_700_000_000_000);
  metrics.engine.passDone(20);
  metrics.engine.taskDone("assign");
  metrics.engine.taskDone("unassign");
  metrics.engine.taskFailed("update");
  metrics.engine.setback("machine-gone");
  metrics.engine.setback("refused");
  metrics.engine.setback("waiting");
  metrics.engine.held(2);
  metrics.engine.unreadable(3);
  expect(await shown(metrics)).toMatchObject({
    fleet_engine_leader_start_time: 1_700_000_000,
    fleet_engine_reconcile_count_total: 1,
    fleet_engine_reconcile_duration_second_count: 1,
    'fleet_engine_reconcile_failure_count_total{type="machine_away"}': 1,
    'fleet_engine_reconcile_failure_count_total{type="run"}': 1,
    'fleet_engine_reconcile_failure_count_total{type="schedule"}': 1,
    fleet_engine_held_machines: 2,
    fleet_engine_unreadable_values: 3,
    'fleet_engine_task_count_total{type="attemptscheduleunit"}': 1,
    'fleet_engine_task_count_total{type="unscheduleunit"}': 1,
    'fleet_engine_task_failure_count_total{type="attemptscheduleunit"}': 1,
  });
});

test("how long units take, and why they leave, is shown by its kind", async () => {
  const metrics = createMetrics();
  metrics.engine.placed(12);
  metrics.engine.moved("machine-gone");
  metrics.engine.moved("machine-gone");
  metrics.agent.onJob("start", 30);
  metrics.agent.onStarted(45);
  expect(await shown(metrics)).toMatchObject({
    fleet_engine_placement_duration_second_count: 1,
    'fleet_engine_move_count_total{cause="machine-gone"}': 2,
    'fleet_agent_job_duration_second_count{type="start"}': 1,
    fleet_agent_start_duration_second_count: 1,
  });
});

test("a second election does not add to the first, and a machine that no longer leads shows zero", async () => {
  const metrics = createMetrics();
  metrics.engine.leading(1_000_000);
  metrics.engine.leading(2_000_000);
  expect((await shown(metrics))["fleet_engine_leader_start_time"]).toBe(2_000);
  metrics.engine.leading(undefined);
  expect((await shown(metrics))["fleet_engine_leader_start_time"]).toBe(0);
});

test("etcd's health is shown: requests by what they do, watches and leases, and what was lost", async () => {
  const { registry, ...metrics } = createMetrics();
  registry.operationDone("get", 250, true);
  registry.operationDone("get_all", 20, true);
  registry.operationDone("set", 1_000, false);
  for (let n = 0; n < 3; n += 1) registry.watchOpened();
  for (const how of ["aborted", "broken"] as const) registry.watchEnded(how);
  for (let n = 0; n < 3; n += 1) registry.leaseGranted();
  for (const how of ["given-up", "lost"] as const) registry.leaseEnded(how);
  expect(await shown({ registry, ...metrics })).toMatchObject({
    'fleet_registry_operation_count_total{type="get"}': 1,
    'fleet_registry_operation_count_total{type="get_all"}': 1,
    'fleet_registry_operation_count_total{type="set"}': 1,
    'fleet_registry_operation_failed_count_total{type="set"}': 1,
    'fleet_registry_operation_duration_second_count{ops="get"}': 1,
    fleet_registry_watches: 1,
    fleet_registry_watch_interrupted_count_total: 1,
    fleet_registry_leases: 1,
    fleet_registry_lease_lost_count_total: 1,
  });
  const { text } = await metrics.page();
  expect(text).toContain('fleet_registry_operation_duration_second_sum{ops="get"} 0.25');
  expect(text).not.toContain('fleet_registry_operation_failed_count_total{type="get"}');
});

test("the page is of the type that fleet 1.0.0 names", async () => {
  expect((await createMetrics().page()).contentType).toBe("text/plain; version=0.0.4");
});
