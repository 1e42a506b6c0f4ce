import { readFile } from "node:fs/promises";

import type { ClientTls } from "@fleet/api/client";

import { goFileError } from "../go-file-error.ts";

export interface TlsFiles {
  /** "" where none is given. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly insecureSkipVerify: boolean;
}

/**
 * Reads the PEM files that the flags name.
 * @throws with fleet's text when one cannot be read or only half of a pair is given.
 */
export async function readTlsFiles(files: TlsFiles): Promise<ClientTls> {
  const { caFile, certFile, keyFile, insecureSkipVerify } = files;
  const ca = await readPem(caFile);
  const cert = await readPem(certFile);
  const key = await readPem(keyFile);
  if (cert !== undefined && key === undefined) throw halfPair("key");
  if (key !== undefined && cert === undefined) throw halfPair("certificate");
  return {
    insecureSkipVerify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

async function readPem(path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw goFileError("open", path, error);
  }
}

function halfPair(missing: string): Error {
  return new Error(`tls: failed to find any PEM data in ${missing} input`);
}
