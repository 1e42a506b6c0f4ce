import { expect, test } from "vitest";

import { run, runOk } from "./command.ts";

test("a command's status, output and input are its caller's", async () => {
  const result = await run(["sh", "-c", "cat; echo oops >&2; exit 3"], { input: "hello" });
  expect(result).toEqual({ status: 3, stdout: "hello", stderr: "oops\n" });
});

test("a command that fails is reported with what it said", async () => {
  await expect(runOk(["sh", "-c", "echo no such thing >&2; exit 4"])).rejects.toThrow(
    "exit status 4: no such thing",
  );
});

test("a command that takes too long is killed", async () => {
  await expect(run(["sleep", "60"], { timeoutMs: 20 })).rejects.toThrow(
    "sleep 60: not done after 20 ms",
  );
});

test("a program that does not exist is named", async () => {
  await expect(run(["/no/such/program"])).rejects.toThrow("/no/such/program cannot be started");
});
