export type { EtcdTls } from "./member.ts";
export { type EtcdStoreOptions, openEtcdStore } from "./etcd-store.ts";
