import { createHash } from "node:crypto";

import { expect, test } from "vitest";

import { ApiUnderTest } from "../../testing/api-under-test.ts";

test.for(["/fleet/v1", "/v1-alpha"])(
  "%s/discovery is fleet's own document, byte for byte",
  async (root) => {
    await using api = await ApiUnderTest.open();
    const answer = await api.ask(`GET ${root}/discovery`);
    expect(answer?.headers.get("Content-Type")).toBe("application/json");
    expect(
      createHash("sha1")
        .update(answer?.body ?? "")
        .digest("hex"),
    ).toBe("1c11f4f9696be193b36027650ef3e86d7bf49f49");
  },
);
