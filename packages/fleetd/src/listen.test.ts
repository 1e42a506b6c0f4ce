import { expect, test } from "vitest";
import { passedSockets } from "./listen.ts";

test.for<[promise: string, env: NodeJS.ProcessEnv, fds: readonly number[]]>([
  ["without systemd there is no socket", {}, []],
  ["sockets meant for another process are left alone", { LISTEN_PID: "8", LISTEN_FDS: "1" }, []],
  ["every passed socket is used", { LISTEN_PID: "7", LISTEN_FDS: "3" }, [3, 4, 5]],
])("%s", ([, env, fds]) => {
  expect(passedSockets(env, 7).map(({ fd }) => fd)).toEqual(fds);
});
