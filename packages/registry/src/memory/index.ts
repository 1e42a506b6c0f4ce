export * from "./memory-etcd.ts";
export * from "./memory-store.ts";
