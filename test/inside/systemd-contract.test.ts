import { describeUnitManager } from "@fleet/systemd/testing";
import { beforeAll } from "vitest";

import { MachineBench, personScope, startPersonsSystemd, systemctl } from "./machine-bench.ts";

beforeAll(startPersonsSystemd);

describeUnitManager("systemd's own socket", async () =>
  MachineBench.open({
    bus: "system",
    breakConnection: async () => void (await systemctl("daemon-reexec")),
  }),
);

describeUnitManager("the system bus", async () =>
  MachineBench.open({
    bus: "unix:path=/run/dbus/system_bus_socket",
    breakConnection: async () =>
      void (await systemctl("kill", "--signal=SIGKILL", "--kill-whom=main", "dbus.service")),
  }),
);

describeUnitManager("a person's own systemd", async () =>
  MachineBench.open({
    bus: "user",
    scope: personScope,
    breakConnection: async () => void (await personScope.systemctl("daemon-reexec")),
  }),
);
