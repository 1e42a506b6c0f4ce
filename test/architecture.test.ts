import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { describe, expect, test } from "vitest";

// The walls of ARCHITECTURE.md. npm hoists every dependency to the root, so without this test a forbidden import
// would simply work.

const PACKAGES = resolve(import.meta.dirname, "../packages");

/**
 * What the sources in a folder may import besides their own files. Of several folders that hold a file the deepest
 * rules. `type X` allows only what is gone after compilation.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "core/src": ["node:crypto"],
  "registry/src": ["@fleet/core", "typebox", "typebox/*", "node:*"],
  "registry/src/etcd": ["@fleet/core", "etcd3", "etcd3/*", "@grpc/grpc-js", "cockatiel", "node:*"],
  "systemd/src": ["@fleet/core", "node:*"],
  "systemd/src/dbus": ["@fleet/core", "dbus-next", "dbus-next/*", "node:*"],
  "api/src": ["@fleet/core", "typebox", "typebox/*"],
  "api/src/client": ["@fleet/core", "typebox", "typebox/*", "node:*"],
  "api/src/server": [
    "@fleet/core",
    "@fleet/registry",
    "fastify",
    "@fastify/*",
    "typebox",
    "typebox/*",
    "node:*",
  ],
  "engine/src": ["@fleet/core", "type @fleet/registry"],
  "agent/src": ["@fleet/core", "type @fleet/registry", "type @fleet/systemd"],
  "fleetctl/src": [
    "@fleet/core",
    "@fleet/core/system-clock",
    "@fleet/api",
    "@fleet/api/client",
    "commander",
    "node:*",
  ],
  "fleetd/src": [
    "@fleet/core",
    "@fleet/core/system-clock",
    "@fleet/registry",
    "@fleet/registry/etcd",
    "@fleet/systemd",
    "@fleet/systemd/dbus",
    "@fleet/api",
    "@fleet/api/server",
    "@fleet/engine",
    "@fleet/agent",
    "pino",
    "ini",
    "prom-client",
    "node:*",
  ],
};

/** Folders of one package that do not know each other. */
const STRANGERS: readonly (readonly [from: string, to: string])[] = [
  ["api/src/client", "api/src/server"],
  ["api/src/server", "api/src/client"],
  ["registry/src/etcd", "registry/src/memory"],
  ["registry/src/memory", "registry/src/etcd"],
  ["systemd/src/dbus", "systemd/src/memory"],
  ["systemd/src/memory", "systemd/src/dbus"],
];

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface ProjectFile {
  readonly references?: readonly { readonly path: string }[];
}

const packages = readdirSync(PACKAGES);

test("every package has its rules", () => {
  const ruled = new Set(Object.keys(ALLOWED).map((folder) => folder.split("/", 1).join()));
  expect([...ruled].toSorted()).toEqual(packages.toSorted());
});

describe.for(packages)("package %s", (name) => {
  const sources = sourcesIn(join(PACKAGES, name, "src"));

  test("imports only what it may", () => {
    const forbidden = sources.flatMap((file) => {
      const allowed = allowedFor(file);
      const outside = importsOf(file).filter((one) => !one.from.startsWith("."));
      const wrong = outside.filter((one) => !allowed.some((pattern) => allows(pattern, one)));
      return wrong.map((one) => `${relative(PACKAGES, file)} imports ${one.from}`);
    });
    expect(forbidden).toEqual([]);
  });

  test("imports the files of no other package", () => {
    const leaving = sources.flatMap((file) => {
      return fileImportsOf(file)
        .filter((target) => !target.startsWith(join(PACKAGES, name, "src")))
        .map((target) => `${relative(PACKAGES, file)} imports ${relative(PACKAGES, target)}`);
    });
    expect(leaving).toEqual([]);
  });

  test("declares what it imports", () => {
    const used = sources.flatMap((file) => importsOf(file).map((one) => one.from));
    const outside = used.filter((from) => !from.startsWith(".") && !from.startsWith("node:"));
    const needed = new Set(outside.map(packageOf));
    const declared = Object.keys(manifestOf(name).dependencies ?? {});
    expect([...needed].filter((one) => !declared.includes(one))).toEqual([]);
  });

  test("refers to exactly the projects it depends on", () => {
    const siblings = Object.keys(manifestOf(name).dependencies ?? {})
      .filter((one) => one.startsWith("@fleet/"))
      .map((one) => one.replace("@fleet/", "../"));
    const project = readJson(join(PACKAGES, name, "tsconfig.json")) as ProjectFile;
    const references = (project.references ?? []).map((reference) => reference.path);
    expect(references.toSorted()).toEqual(siblings.toSorted());
  });
});

test.for(STRANGERS)("%s does not know %s", ([from, to]) => {
  const known = sourcesIn(join(PACKAGES, from)).flatMap((file) =>
    fileImportsOf(file)
      .filter((target) => target.startsWith(join(PACKAGES, to)))
      .map((target) => `${relative(PACKAGES, file)} imports ${relative(PACKAGES, target)}`),
  );
  expect(known).toEqual([]);
});

test("the rig knows none of the packages: it tests what was built, as a user gets it", () => {
  const rig = resolve(import.meta.dirname, "rig");
  const sources = sourcesIn(join(rig, "src"));
  const known = sources.flatMap((file) =>
    importsOf(file).filter(
      (one) => one.from.startsWith("@fleet/") || one.from.includes("packages/"),
    ),
  );
  expect(known).toEqual([]);
  expect((readJson(join(rig, "tsconfig.json")) as ProjectFile).references ?? []).toEqual([]);
});

/** TypeScript files below `directory`, tests left out. */
function sourcesIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const sources = names.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return sources.map((name) => join(directory, name));
}

function allowedFor(file: string): readonly string[] {
  const path = relative(PACKAGES, file);
  const folders = Object.keys(ALLOWED).filter((folder) => path.startsWith(`${folder}/`));
  const [deepest = ""] = folders.toSorted((a, b) => b.length - a.length);
  return ALLOWED[deepest] ?? [];
}

function allows(pattern: string, one: Import): boolean {
  if (pattern.startsWith("type ")) return one.typeOnly && pattern === `type ${one.from}`;
  if (pattern.endsWith("*")) return one.from.startsWith(pattern.slice(0, -1));
  return one.from === pattern;
}

/** Whatever a file imports or re-exports, also by `import()`. */
function importsOf(file: string): readonly Import[] {
  const text = readFileSync(file, "utf8").replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  const named = text.matchAll(
    /^(?:import|export)\s+(?<clause>[^;"']*?)\bfrom\s+["'](?<from>[^"']+)["']/gm,
  );
  const bare = text.matchAll(
    /(?:^import\s+|\bimport\(\s*|\brequire\(\s*)["'](?<from>[^"']+)["']/gm,
  );
  return [...named, ...bare].map((match) => {
    const { clause = "", from = "" } = match.groups ?? {};
    return { from, typeOnly: isTypeOnly(clause) };
  });
}

/** `type { A, B }` and `{ type A, type B }`. */
function isTypeOnly(clause: string): boolean {
  if (/^type\b/.test(clause)) return true;
  const names = /^\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(",") ?? [""];
  return (
    names.filter((name) => name.trim() !== "").every((name) => /^\s*type\s/.test(name)) &&
    names.some((name) => name.trim() !== "")
  );
}

function fileImportsOf(file: string): readonly string[] {
  const relatives = importsOf(file).filter((one) => one.from.startsWith("."));
  return relatives.map((one) => resolve(dirname(file), one.from));
}

/** `@scope/name` or `name` of an import such as `name/sub/path`. */
function packageOf(from: string): string {
  return from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");
}

function manifestOf(name: string): Manifest {
  return readJson(join(PACKAGES, name, "package.json")) as Manifest;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
