import { openMemoryUnderTest } from "../../testing/memory-under-test.ts";
import { describeStore } from "../../testing/store-contract.ts";

describeStore("memory", openMemoryUnderTest);
