import { describeUnitManager } from "../../testing/contract.ts";
import { openMemoryBench } from "../../testing/memory-bench.ts";

describeUnitManager("in-memory", openMemoryBench);
