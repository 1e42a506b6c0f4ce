import type { TargetState, UnitFile } from "@fleet/core";

import { caller } from "./call.ts";
import { type Dial, openConnections } from "./connections.ts";
import type {
  ApiDropFile,
  ApiMachine,
  ApiReport,
  ApiUnit,
  ApiUnitState,
  ApiWaiting,
} from "./decode.ts";
import type { ClientTls } from "./encrypt.ts";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";
import { listings } from "./listings.ts";
import { reportCalls } from "./report-calls.ts";
import { unitCalls } from "./unit-calls.ts";

export interface ApiClientOptions {
  /** As `--endpoint` has it, or already read. */
  readonly endpoint: string | Endpoint;
  /** How long one request may take, its redirects included; a listing is a request for each page. */
  readonly requestTimeoutMs: number;
  /** fleetctl 1.0.0's own unless given. A server of ours hangs up on that one instead of a 404 for a state. */
  readonly userAgent?: string;
  readonly tls?: ClientTls;
  readonly dial?: Dial;
}

export interface ApiStateFilter {
  readonly unit?: string;
  readonly machine?: string;
}

/** Sets a dynamic metadata key of a machine, or takes it away where there is no value. */
export interface MetadataPatch {
  readonly machine: string;
  readonly key: string;
  readonly value?: string;
}

/**
 * fleet's API v1. Every call throws `ApiResponseError` when the server says no and
 * `ApiUnreachableError` when it does not answer; `message` is what fleetctl 1.0.0 prints.
 */
export interface ApiClient {
  machines(signal: AbortSignal): Promise<readonly ApiMachine[]>;
  units(signal: AbortSignal): Promise<readonly ApiUnit[]>;
  /** Undefined when it does not exist. */
  unit(name: string, signal: AbortSignal): Promise<ApiUnit | undefined>;
  /** Creates a unit or replaces its file; its target state is inactive afterwards. */
  createUnit(name: string, file: UnitFile, signal: AbortSignal): Promise<void>;
  setTargetState(name: string, targetState: TargetState, signal: AbortSignal): Promise<void>;
  /** False when there was none. */
  destroyUnit(name: string, signal: AbortSignal): Promise<boolean>;
  states(filter: ApiStateFilter, signal: AbortSignal): Promise<readonly ApiUnitState[]>;
  /** Undefined when none is known, which fleet 1.0.0 says by hanging up. */
  state(name: string, signal: AbortSignal): Promise<ApiUnitState | undefined>;
  /** Why it runs nowhere; undefined when that is not known, as with any fleet 1.0.0. */
  waiting(name: string, signal: AbortSignal): Promise<ApiWaiting | undefined>;
  /** What each machine of a unit says of it; none when nobody does, as with any fleet 1.0.0. */
  reports(name: string, signal: AbortSignal): Promise<readonly ApiReport[]>;
  /** What one machine says of a unit, also while the unit only ends there. */
  reportOn(machine: string, name: string, signal: AbortSignal): Promise<ApiReport | undefined>;
  /** The machines whose units do not move, by ID. */
  heldMoves(signal: AbortSignal): Promise<readonly string[]>;
  /** Gives those machines up; tells which had not returned. */
  resumeMoves(signal: AbortSignal): Promise<readonly string[]>;
  /** What became of the files in every machine's drop directory. */
  dropFiles(signal: AbortSignal): Promise<readonly ApiDropFile[]>;
  patchMetadata(patches: readonly MetadataPatch[], signal: AbortSignal): Promise<void>;
  /** Ends the connections that were kept. */
  close(): void;
}

const USER_AGENT = "google-api-go-client/0.5";

/** @throws {EndpointError} when the endpoint cannot be read. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { requestTimeoutMs, userAgent = USER_AGENT, tls, dial } = options;
  const endpoint =
    typeof options.endpoint === "string" ? parseEndpoint(options.endpoint) : options.endpoint;
  const connections = openConnections({ endpoint, tls, dial, connectTimeoutMs: requestTimeoutMs });
  const call = caller({ endpoint, connections, requestTimeoutMs, userAgent });
  const close = (): void => connections.close();
  return { ...listings(call), ...unitCalls(call), ...reportCalls(call), close };
}
