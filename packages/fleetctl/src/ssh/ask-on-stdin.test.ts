import { spawnSync } from "node:child_process";

import { expect, test } from "vitest";

import { sshEnvironment } from "./ask-on-stdin.ts";

const QUESTION = "Are you sure you want to continue connecting (yes/no/[fingerprint])? ";
const ENV = { PATH: process.env["PATH"] };

const program = sshEnvironment(ENV, { isTerminal: false })["SSH_ASKPASS"] ?? "";

test("on a terminal ssh asks as it likes", () => {
  expect(sshEnvironment(ENV, { isTerminal: true })).toEqual(ENV);
});

test("elsewhere ssh must ask through the program", () => {
  expect(sshEnvironment(ENV, { isTerminal: false })).toEqual({
    ...ENV,
    SSH_ASKPASS: program,
    SSH_ASKPASS_REQUIRE: "force",
  });
});

test.for<[stdin: string, answer: string]>([
  ["yes\n", "yes\n"],
  ["YES", "yes\n"],
  ["y\n", "yes\n"],
  ["no\n", "no\n"],
  ["yesterday\n", "no\n"],
  ["\n", "no\n"],
  ["", "no\n"],
])("%j on stdin is the answer %j", ([input, answer]) => {
  const asked = spawnSync(program, [QUESTION], { input, encoding: "utf8" });
  expect(asked).toMatchObject({ status: 0, stdout: answer, stderr: QUESTION });
});

test("what follows the answer stays on stdin", () => {
  const script = `"$1" "$2" && cat`;
  const args = ["-c", script, "sh", program, QUESTION];
  const asked = spawnSync("sh", args, { input: "yes\nthe rest", encoding: "utf8" });
  expect(asked.stdout).toBe("yes\nthe rest");
});

test("a passphrase is not asked for", () => {
  const asked = spawnSync(program, ["Enter passphrase: "], { input: "x\n", encoding: "utf8" });
  expect(asked).toMatchObject({ status: 1, stdout: "", stderr: "" });
});
