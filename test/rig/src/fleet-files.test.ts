import { expect, test } from "vitest";

import { fleetConfText } from "./fleet-files.ts";

test("settings are written as fleet.conf spells them", () => {
  const conf = {
    etcd_servers: ["http://a:1"],
    agent_ttl: "3s",
    verbosity: 1,
    disable_engine: true,
  };
  expect(fleetConfText(conf)).toBe(
    'etcd_servers=["http://a:1"]\nagent_ttl="3s"\nverbosity=1\ndisable_engine=true\n',
  );
});
