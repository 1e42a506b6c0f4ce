import { openMemoryUnderTest } from "../testing/memory-under-test.ts";
import { describeRegistry } from "../testing/registry-contract.ts";

describeRegistry("memory", openMemoryUnderTest);
