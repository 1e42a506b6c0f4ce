export { ApiUnderTest } from "./api-under-test.ts";
export { anyJsonRequest, anyPut, bytesOf } from "./arbitrary-requests.ts";
export { answer, type Script, ScriptedServer } from "./scripted-server.ts";
export { exchange, parseAnswer, type RawAnswer, type RawRequest, rawRequest } from "./raw-http.ts";
