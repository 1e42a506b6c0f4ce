import { defineConfig } from "rolldown";

/**
 * fleetctl as it is run: CommonJS, because Node reads that quickly, with what only some commands need in files of its
 * own. It lies as deep as the sources, so that paths beside them hold for it, too.
 */
export default defineConfig({
  input: `${import.meta.dirname}/src/main.ts`,
  platform: "node",
  external: /^node:/,
  resolve: { conditionNames: ["@fleet/source", "node", "import"] },
  output: {
    dir: `${import.meta.dirname}/dist/bundle`,
    format: "cjs",
    cleanDir: true,
    entryFileNames: "main.cjs",
    chunkFileNames: "[name].cjs",
  },
});
