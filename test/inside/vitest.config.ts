import { resolve } from "node:path";

import { defineConfig } from "vitest/config";

const SOURCE = ["@fleet/source"];

/** Runs inside a machine, where the checkout is read-only: whatever vitest writes goes to /tmp. */
export default defineConfig({
  root: resolve(import.meta.dirname, "../.."),
  cacheDir: "/tmp/vitest",
  resolve: { conditions: SOURCE },
  ssr: { resolve: { conditions: SOURCE } },
  test: {
    include: ["test/inside/**/*.test.ts"],
    testTimeout: 60_000,
    fileParallelism: false,
  },
});
