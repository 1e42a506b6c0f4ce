import { describeRegistry, describeStore } from "@fleet/registry/testing";
import { afterAll } from "vitest";

import { SharedEtcd } from "./registry-under-test.ts";

const shared = new SharedEtcd();
afterAll(() => shared[Symbol.asyncDispose]());

describeStore("etcd", shared.open);
describeRegistry("etcd", shared.open);
