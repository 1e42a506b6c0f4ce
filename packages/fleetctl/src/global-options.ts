import type { Option } from "commander";

import { booleanFlag, secondsFlag, stringFlag } from "./flags/flag.ts";

export const DEFAULT_ENDPOINT = "unix:///var/run/fleet.sock";

/** Every flag that works with every command, as commander names their values. */
export interface GlobalOptions {
  readonly driver: string;
  readonly endpoint: string;
  readonly keyFile: string;
  readonly certFile: string;
  readonly caFile: string;
  readonly insecureSkipVerify: boolean;
  readonly knownHostsFile: string;
  readonly strictHostKeyChecking: boolean;
  /** Seconds. */
  readonly sshTimeout: number;
  readonly sshUsername: string;
  readonly tunnel: string;
  /** Seconds. */
  readonly requestTimeout: number;
  readonly debug: boolean;
  readonly help: boolean;
}

/** Where the API is looked for: of a list the first counts, and without the API's driver the default. */
export function endpointIn({ driver, endpoint }: GlobalOptions): string {
  return driver === "etcd" ? DEFAULT_ENDPOINT : (endpoint.split(",")[0] ?? "");
}

/** The flags in the order in which help lists them. */
export function globalFlags(): readonly Option[] {
  return [
    stringFlag("ca-file", "Location of TLS CA file used to verify the API's certificate"),
    stringFlag("cert-file", "Location of TLS cert file used to identify this client to the API"),
    booleanFlag("debug", "Print what is asked of the API to stderr"),
    stringFlag("driver", "How to reach the cluster: API, or etcd (now the same as API)", "API"),
    stringFlag("endpoint", "Location of the fleet API", DEFAULT_ENDPOINT),
    stringFlag("etcd-cafile", "Deprecated spelling of --ca-file"),
    stringFlag("etcd-certfile", "Deprecated spelling of --cert-file"),
    stringFlag("etcd-key-prefix", "Accepted and ignored", "/_coreos.com/fleet/"),
    stringFlag("etcd-keyfile", "Deprecated spelling of --key-file"),
    booleanFlag("experimental-api", "Accepted and ignored", true),
    booleanFlag("h", "Shorthand for --help"),
    booleanFlag("help", "Print usage information"),
    booleanFlag("insecure-skip-verify", "Do not verify the certificate of the API. DANGEROUS"),
    stringFlag("key-file", "Location of TLS key file used to identify this client to the API"),
    stringFlag(
      "known-hosts-file",
      "File used to store remote machine fingerprints. Ignored if strict host key checking is disabled",
      "~/.fleetctl/known_hosts",
    ),
    secondsFlag("request-timeout", "Seconds to wait for each answer of the API", 3),
    secondsFlag("ssh-timeout", "Seconds to wait for an SSH connection", 10),
    stringFlag("ssh-username", "Username to use when connecting to machines by SSH", "core"),
    booleanFlag(
      "strict-host-key-checking",
      "Verify host keys presented by remote machines before initiating SSH connections",
      true,
    ),
    stringFlag("tunnel", "Reach the API and the machines through this SSH host: HOST[:PORT]"),
    booleanFlag("version", "Print the version and exit; only as the very first argument"),
  ];
}
