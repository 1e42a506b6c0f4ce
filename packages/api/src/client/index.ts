export {
  type ApiClient,
  type ApiClientOptions,
  type ApiStateFilter,
  createApiClient,
  type MetadataPatch,
} from "./api-client.ts";
export type { Dial } from "./connections.ts";
export type {
  ApiDropFile,
  ApiMachine,
  ApiReport,
  ApiUnit,
  ApiUnitState,
  ApiWaiting,
  ApiWaitingReason,
} from "./decode.ts";
export type { ClientTls } from "./encrypt.ts";
export { type DialTarget, type Endpoint, parseEndpoint } from "./endpoint.ts";
export { ApiResponseError, ApiUnreachableError, EndpointError } from "./errors.ts";
