export { ApiUnderTest } from "./api-under-test.ts";
export { anyJsonRequest, anyPut, bytesOf } from "./arbitrary-requests.ts";
export { exchange, parseAnswer, type RawAnswer, type RawRequest, rawRequest } from "./raw-http.ts";
