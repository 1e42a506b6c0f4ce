#!/usr/bin/env node
const { existsSync } = require("node:fs");
// Until everybody builds with `npm run build`: what the compiler alone makes runs, too.
if (existsSync(`${__dirname}/../dist/bundle/main.cjs`)) require("../dist/bundle/main.cjs");
else void import("../dist/main.js");
