// sum-results.mjs FILE…: adds vitest's JSON reports up and prints `N passed, N failed, N skipped`. The status is 0
// only when every report is there, something ran in each, nothing failed and nothing was skipped.
import { existsSync, readFileSync } from "node:fs";

const counts = process.argv.slice(2).map((file) => {
  if (!existsSync(file)) {
    process.stdout.write(`${file} is missing: its tests could not start\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const report = JSON.parse(readFileSync(file, "utf8"));
  // A file that cannot be loaded has no tests to fail: it counts as one.
  const broken = report.testResults.filter(
    (result) => result.status === "failed" && result.assertionResults.length === 0,
  );
  for (const { name } of broken) process.stdout.write(`${name} could not be run\n`);
  if (report.numTotalTests === 0) process.stdout.write(`${file}: no test ran\n`);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
});

const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
const isGood = ({ passed, failed, skipped }) => passed > 0 && failed === 0 && skipped === 0;
process.stdout.write(
  `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped\n`,
);
process.exitCode = counts.every(isGood) ? 0 : 1;
