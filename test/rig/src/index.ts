export * from "./etcd.ts";
