import { fileURLToPath } from "node:url";

const ASK_ON_STDIN = fileURLToPath(new URL("../../bin/ask-on-stdin", import.meta.url));

/**
 * The environment for ssh. By itself ssh asks whether a host key is to be believed on the terminal and nowhere else;
 * fleet 1.0.0 reads the answer from its stdin, and scripts send `yes` there. Needs OpenSSH 8.4.
 */
export function sshEnvironment(
  env: NodeJS.ProcessEnv,
  stdin: { readonly isTerminal: boolean },
): NodeJS.ProcessEnv {
  if (stdin.isTerminal) return env;
  return { ...env, SSH_ASKPASS: ASK_ON_STDIN, SSH_ASKPASS_REQUIRE: "force" };
}
