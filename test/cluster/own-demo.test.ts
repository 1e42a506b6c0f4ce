import { type Machine, PROJECT_INSIDE, startMachine, until } from "@fleet/rig";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asCore, PERSON_FILES, PERSON_RUNTIME, PERSON_SERVICE } from "./support/person.ts";

const UNIT = "hello.service";

let machine: Machine & AsyncDisposable;
beforeAll(async () => {
  machine = await startMachine({ files: PERSON_FILES, enable: [PERSON_SERVICE] });
});
afterAll(() => machine?.[Symbol.asyncDispose]());

/** What npm start has shown so far. */
const output = (): Promise<string> => machine.exec("cat", "/home/core/demo.log");

async function shows(text: string): Promise<string> {
  return until(`npm start shows ${text}`, async () => {
    const saw = await output();
    return saw.includes(text) ? { done: true, value: saw } : { done: false, saw };
  });
}

/** Files and processes of the demonstration. */
async function leftBehind(): Promise<string> {
  const files = `/tmp/fleet-* /dev/shm/fleet-* ${PERSON_RUNTIME}/systemd/user/${UNIT}`;
  return (await machine.run(["sh", "-c", `ls -d ${files}; pgrep -u core 'etcd|node'`])).stdout;
}

const mainPid = async (unit: string): Promise<string> =>
  (await asCore(machine, "systemctl", "--user", "show", "-P", "MainPID", unit)).trim();

test("npm start without root runs a unit on one's own systemd, and leaves nothing behind", async () => {
  await until("core's systemd runs", async () => {
    const { stdout } = await machine.run(["systemctl", "is-active", PERSON_SERVICE]);
    return stdout === "active\n" ? { done: true, value: undefined } : { done: false, saw: stdout };
  });
  const log = "--property=StandardOutput=append:/home/core/demo.log";
  const run = ["systemd-run", "--user", "--unit=demo", `--working-directory=${PROJECT_INSIDE}`];
  await asCore(machine, ...run, log, "npm", "start");
  const shown = await shows("Ctrl-C takes everything down.");
  expect(shown).toMatch(/hello\.service\t.*\tactive\trunning/);
  expect((await leftBehind()).split("\n").length).toBeGreaterThan(5);
  const pid = await mainPid(UNIT);
  expect(await machine.exec("stat", "--format=%U", `/proc/${pid}`)).toBe("core\n");

  const [suggestion = ""] = /export FLEETCTL_ENDPOINT=.*(?:\n {2}.*)*/.exec(shown) ?? [];
  const tried = await asCore(machine, "sh", "-c", `cd ${PROJECT_INSIDE}\n${suggestion}`);
  expect(tried).toContain("Hello from");
  expect(tried).toMatch(/hello\.service\t.*\tinactive\tdead/);

  await asCore(machine, "systemctl", "--user", "kill", "--kill-whom=main", "--signal=INT", "demo");
  await shows("Taking everything down: done");
  await until("nothing is left", async () => {
    const saw = await leftBehind();
    return saw === "" ? { done: true, value: undefined } : { done: false, saw };
  });
});
