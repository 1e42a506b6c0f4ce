import { describe, expect, test } from "vitest";

import { parseUnitFile } from "./parse-unit-file.ts";
import { normaliseUnitFile } from "./serialise-unit-file.ts";
import { shortHash, unitHash } from "./unit-hash.ts";

function hashOf(text: string): string {
  return unitHash(parseUnitFile(text));
}

describe("hashes are those of fleet 1.0.0", () => {
  test.for<readonly [text: string, options: number, hash: string]>([
    ["", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    ["[Service]\nExecStart=/bin/sleep 100\n", 1, "1c6fb6f3684bafb0c173d8b8b957ceff031180c1"],
    [
      "\n[Service]\nExecStart=/usr/bin/sleep infinity\n",
      1,
      "40ea6646945809f4b420a50475ee68503088f127",
    ],
    ["[Service]\nExecStart=/usr/bin/sleep infinity", 1, "40ea6646945809f4b420a50475ee68503088f127"],
    ["[Service]\nExecStart=/usr/bin/sleep 10", 1, "5bf16b98c62f35fcdc723d32989cdeba7a2dd2a8"],
    ["[Service]\nExecStart=/usr/bin/sleep 2000", 1, "5ba5292ab6a82b623ee6086dc90b3354ba004832"],
    ["[Unit]\nA=b\n", 1, "9936816f25a659b2b12b116e85777205069365a9"],
    ["x [Unit]\nA=b", 1, "9936816f25a659b2b12b116e85777205069365a9"],
    ["  [Unit]\n  A = b \n", 1, "9936816f25a659b2b12b116e85777205069365a9"],
    ["[A]\nX=1\n[B]\nY=2\n[A]\nX=3\n", 3, "8cca6b0fa1eb5956e9ba2358bf53260e92866b01"],
    ["[A]\nX=\nY= \nZ=1", 3, "e3e42307bc92ebf00129c1cd683911895ada0e48"],
    ["[A]\n=v\n", 1, "e0274e87c19e5afa8679234fdbbbfea227aba785"],
    ["[A]\nX=1\nY=2\n", 2, "e6b58cf3005628eb25979b7d5e065800d7eee935"],
    ["[A]\r\nX=1\r\nY=2\r\n", 2, "e6b58cf3005628eb25979b7d5e065800d7eee935"],
    ["[A]\nX=a \\\n  b\\\n\tc\nY=1\n", 2, "fd7cd9c997d1cbde07a2d8619d83ba0b671d3b11"],
    ["[A]\nX=a \\\n\nY=1\n", 2, "ee819830ecd1865f5918a9caa088b838e002cf2b"],
    ["[A]\nX=a \\", 1, "e7ffb75409fdcd18c2e524b7a116a44864eed8b6"],
    ["[Service]\nExecStart=/bin/echo \"a b\" 'c'\n", 1, "b96932ff70df715ae934f17850cdc30103da35ff"],
    [
      "[Service]\nExecStart=/bin/sleep 100\n\n[Install]\nWantedBy=multi-user.target\n",
      2,
      "6814f12911390ea75762ad2d5a8fec4fd063a50d",
    ],
    [
      "[Service]\nExecStart=/bin/sleep 7\n\n[X-Fleet]\nGlobal=true\n",
      2,
      "57624792ecf0cc7149fc6bca02e4d08f1eadfd3a",
    ],
  ])("%j has %i options and the hash %s", ([text, options, hash]) => {
    const file = parseUnitFile(text);

    expect([file.length, unitHash(file)]).toEqual([options, hash]);
  });

  test("a bare backslash at the end of a file changes the hash once it is normalised", () => {
    const file = normaliseUnitFile(parseUnitFile("[A]\nX=a \\"));

    expect(unitHash(file)).toBe("1baccb100b1a457f59c54a1c6f523e28d163a202");
  });
});

describe("a hash tells versions apart", () => {
  const hash = hashOf("[A]\nX=a\nY=b\n[B]\nZ=c\n");

  test.for<readonly [difference: string, text: string]>([
    ["comments", "[A]\n# hi\nX=a\nY=b\n[B]\n; hi\nZ=c\n"],
    ["blank lines", "\n[A]\n\nX=a\n\nY=b\n\n\n[B]\nZ=c\n\n"],
    ["indentation", "[A]\n  X=a\n\tY=b\n[B]\nZ=c\n"],
    ["spacing round the equals sign", "[A]\nX = a\nY= b\n[B]\nZ =c\n"],
    ["trailing blanks", "[A]\nX=a  \nY=b\t\n[B] \nZ=c\n"],
    ["a missing final line feed", "[A]\nX=a\nY=b\n[B]\nZ=c"],
    ["empty sections", "[0]\n[A]\nX=a\nY=b\n[C]\n[B]\nZ=c\n"],
    ["how repeated sections interleave", "[A]\nX=a\n[B]\nZ=c\n[A]\nY=b\n"],
  ])("but not by %s", ([, text]) => {
    expect(hashOf(text)).toBe(hash);
  });

  test.for<readonly [difference: string, text: string]>([
    ["order of options", "[A]\nY=b\nX=a\n[B]\nZ=c\n"],
    ["order of sections", "[B]\nZ=c\n[A]\nX=a\nY=b\n"],
    ["text of a value", "[A]\nX=a\nY=B\n[B]\nZ=c\n"],
    ["layout of a continued value", "[A]\nX=a\nY= \\\nb\n[B]\nZ=c\n"],
  ])("by %s", ([, text]) => {
    expect(hashOf(text)).not.toBe(hash);
  });
});

test("a short hash is the first seven digits", () => {
  expect(shortHash("1c6fb6f3684bafb0c173d8b8b957ceff031180c1")).toBe("1c6fb6f");
});
