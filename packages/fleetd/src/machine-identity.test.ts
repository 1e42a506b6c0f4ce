import { expect, test } from "vitest";
import { defaultInterface, isGlobalUnicast } from "./machine-identity.ts";

const HEADER =
  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";

test.for<[promise: string, routes: readonly string[], iface: string | undefined]>([
  ["no route at all", [], undefined],
  ["only a local route", ["eth0\t000010AC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0"], undefined],
  [
    "the first default route",
    [
      "eth1\t00000000\t010010AC\t0003\t0\t0\t0\t00000000\t0\t0\t0",
      "eth0\t00000000\t010010AC\t0003\t0\t0\t0\t00000000\t0\t0\t0",
    ],
    "eth1",
  ],
])("%s", ([, routes, iface]) => {
  expect(defaultInterface([HEADER, ...routes].join("\n"))).toBe(iface);
});

test.for([
  ["10.0.0.1", true],
  ["192.168.1.1", true],
  ["127.0.0.1", false],
  ["169.254.1.1", false],
  ["224.0.0.1", false],
  ["0.0.0.0", false],
] as const)("%s can be reached from outside: %s", ([address, answer]) => {
  expect(isGlobalUnicast(address)).toBe(answer);
});
