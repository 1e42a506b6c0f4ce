import { expect, test } from "vitest";

import { unitObjectPath } from "./unit-path.ts";

test.for<[unit: string, last: string]>([
  ["web.service", "web_2eservice"],
  ["web@1.service", "web_401_2eservice"],
  ["-.mount", "_2d_2emount"],
  ["1st.service", "_31st_2eservice"],
  [String.raw`dev-x\x2dy.device`, "dev_2dx_5cx2dy_2edevice"],
  ["a_b:c.target", "a_5fb_3ac_2etarget"],
])("%s is known on the bus as %s", ([unit, last]) => {
  expect(unitObjectPath(unit)).toBe(`/org/freedesktop/systemd1/unit/${last}`);
});
