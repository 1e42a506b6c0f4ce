export { ApiUnderTest } from "./api-under-test.ts";
export { exchange, parseAnswer, type RawAnswer, type RawRequest, rawRequest } from "./raw-http.ts";
