import { describe, expect, test } from "vitest";

import { remoteCommandLine, sshArguments, type SshSettings } from "./ssh-arguments.ts";

const ADDRESS = { host: "10.0.0.1", port: 2222 };
const CHECKED: SshSettings = {
  user: "core",
  connectTimeoutSeconds: 2.5,
  knownHostsFile: "/home/100% me/known_hosts",
};
const UNCHECKED: SshSettings = { ...CHECKED, knownHostsFile: undefined };

function line(settings: SshSettings, session: object = {}): string {
  return sshArguments(settings, { address: ADDRESS, terminal: "none", ...session }).join(" ");
}

test("host keys are those of fleet's own file, in plain lines", () => {
  expect(line(CHECKED)).toBe(
    [
      "-l core -o ConnectTimeout=3 -o StrictHostKeyChecking=ask",
      '-o UserKnownHostsFile="/home/100%% me/known_hosts" -o GlobalKnownHostsFile=/dev/null',
      "-o HashKnownHosts=no -o CheckHostIP=no -o UpdateHostKeys=no",
      "-T -p 2222 -- 10.0.0.1",
    ].join(" "),
  );
});

test("without strict checking nothing is checked, stored or told", () => {
  expect(line(UNCHECKED)).toBe(
    [
      "-l core -o ConnectTimeout=3 -o StrictHostKeyChecking=no",
      "-o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR",
      "-T -p 2222 -- 10.0.0.1",
    ].join(" "),
  );
});

describe("a session", () => {
  test.for<[object, string]>([
    [{ command: "uptime" }, "-T -p 2222 -- 10.0.0.1 trap 'exit 130' INT\nuptime\nexit $?"],
    [{ terminal: "forced" }, "-t -p 2222 -- 10.0.0.1"],
    [{ terminal: "automatic" }, "-p 2222 -- 10.0.0.1"],
    [{ forwardAgent: true }, "-A -T -p 2222 -- 10.0.0.1"],
    [{ batch: true }, "-o BatchMode=yes -T -p 2222 -- 10.0.0.1"],
    [{ proxyCommand: "ssh x" }, "-o ProxyCommand=ssh x -T -p 2222 -- 10.0.0.1"],
  ])("%o ends in %s", ([session, end]) => {
    expect(line(UNCHECKED, session).endsWith(` LogLevel=ERROR ${end}`)).toBe(true);
  });
});

test.for([
  [["systemctl", "status", "-l", "a.service"], 'systemctl "status" "-l" "a.service"'],
  [["x", String.raw`a\b`, 'c"d', "$e", "`f`"], String.raw`x "a\\b" "c\"d" "\$e" "\`f\`"`],
] as const)("%o is sent as %s", ([command, sent]) => {
  expect(remoteCommandLine(command)).toBe(sent);
});
