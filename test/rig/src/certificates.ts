import { runOk } from "./command.ts";

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/**
 * Makes an authority, a server at 127.0.0.1 and at `addresses`, and a client: `ca`, `server` and `client`, each with
 * `.crt` and `.key` behind it, in `directory`.
 */
export async function makeCertificates(
  directory: string,
  addresses: readonly string[] = [],
): Promise<void> {
  const openssl = (...args: readonly string[]) => runOk(["openssl", ...args], { cwd: directory });
  const authority = ["-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test-ca"];
  await openssl("req", "-x509", ...NEW_KEY, ...authority);
  const names = ["127.0.0.1", ...addresses].map((address) => `IP:${address}`).join(",");
  for (const name of ["server", "client"]) {
    const request = ["-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`];
    await openssl("req", ...NEW_KEY, ...request, "-addext", `subjectAltName=${names}`);
    const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"];
    const signed = ["-in", `${name}.csr`, "-out", `${name}.crt`, "-copy_extensions", "copy"];
    await openssl("x509", "-req", ...by, ...signed);
  }
}
