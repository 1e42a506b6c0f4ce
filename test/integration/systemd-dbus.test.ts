// One real machine whose systemd nobody else uses. Tests run inside it, on the checkout as it is there; each
// of them is reported here under its own name, as if it ran here.

import { type CommandResult, NODE_INSIDE, PROJECT_INSIDE, startMachine } from "@fleet/rig";
import { describe, expect, test } from "vitest";

/** The parts of vitest's JSON report that are used. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const INSIDE_TIMEOUT_MS = 240_000;
const REPORT_INSIDE = "/run/vitest.json";

const { run, report } = await runInside();
const results = (report?.testResults ?? []).flatMap((file) => file.assertionResults);

test("the tests inside the machine run and all of them are known", () => {
  const problems = (report?.testResults ?? []).map(({ message }) => message).filter(Boolean);
  expect({ problems, output: report === undefined ? run : undefined }).toEqual({
    problems: [],
    output: undefined,
  });
  expect(results.length).toBeGreaterThan(0);
});

describe.runIf(results.length > 0)("inside a machine", () => {
  test.each(results.map((result) => [result.fullName, result] as const))("%s", (_, result) => {
    expect(result.failureMessages.join("\n")).toBe("");
    expect(result.status).toBe("passed");
  });
});

async function runInside(): Promise<{ run: CommandResult; report: Report | undefined }> {
  await using machine = await startMachine();
  const config = `${PROJECT_INSIDE}/test/inside/vitest.config.ts`;
  const vitest = [NODE_INSIDE, `${PROJECT_INSIDE}/node_modules/vitest/vitest.mjs`, "run"];
  vitest.push("--config", config, "--configLoader", "runner");
  vitest.push("--reporter=json", `--outputFile=${REPORT_INSIDE}`);
  const result = await machine.run(vitest, { timeoutMs: INSIDE_TIMEOUT_MS });
  const written = await machine.run(["cat", REPORT_INSIDE]);
  const read = written.status === 0 ? (JSON.parse(written.stdout) as Report) : undefined;
  return { run: result, report: read };
}
