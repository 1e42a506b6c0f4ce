import { describeUnitManager } from "@fleet/systemd/testing";

import { MachineBench, systemctl } from "./machine-bench.ts";

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
