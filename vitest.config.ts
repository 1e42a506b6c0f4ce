import { defineConfig } from "vitest/config";

const SOURCE = ["@fleet/source"];
const shared = { resolve: { conditions: SOURCE }, ssr: { resolve: { conditions: SOURCE } } };

/** Three kinds of test: plain values, one real thing (etcd, systemd), whole machines. See test/README.md. */
export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "test/*.test.ts",
            "test/unit/**/*.test.ts",
            "test/simulation/**/*.test.ts",
            "test/rig/src/**/*.test.ts",
          ],
          testTimeout: 20_000,
        },
      },
      {
        ...shared,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
