import { readFile } from "node:fs/promises";
import { homedir } from "node:os";

const PASSWD = "/etc/passwd";
const HOME_FIELD = 5;

/**
 * A path with `~` and `~user` replaced by home directories, as fleet does for its known hosts: `~`
 * is `$HOME`, and where that is empty the home of the user's own entry; an unknown user stays as is.
 */
export async function expandHome(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { user, rest } = /^~(?<user>[^/]*)(?<rest>.*)$/s.exec(path)?.groups ?? {};
  if (user === undefined) return path;
  const home = user === "" ? env["HOME"] || homedir() : await homeOf(user);
  return home === undefined ? path : `${home}${rest ?? ""}`;
}

async function homeOf(user: string): Promise<string | undefined> {
  const lines = (await readFile(PASSWD, "utf8")).split("\n");
  const entry = lines.find((line) => line.startsWith(`${user}:`));
  return entry?.split(":")[HOME_FIELD];
}
