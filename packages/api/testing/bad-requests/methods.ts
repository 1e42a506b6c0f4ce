import {
  answered,
  type BadRequest,
  closing,
  empty,
  refused,
  request,
  rows,
} from "./bad-request.ts";

const READ_ONLY = "only GET supported against this resource";
const ITEM = "only GET, PUT and DELETE supported against this resource";
const MACHINES = "only GET and PATCH supported against this resource";
const DISCOVERY = "only HTTP GET supported against this resource";
/** The head of the refusal alone. */
const headOf = (status: number, message: string): BadRequest["gets"] => ({
  ...refused(status, message),
  body: "",
});

/** Methods that a resource does not support, with and without bodies. */
export const METHODS: readonly BadRequest[] = rows(
  ["POST of units", request("POST /fleet/v1/units", [], "{}"), refused(405, READ_ONLY)],
  ["PUT of units", request("PUT /fleet/v1/units", [], "{}"), refused(405, READ_ONLY)],
  ["DELETE of units", request("DELETE /fleet/v1/units"), refused(405, READ_ONLY)],
  ["HEAD of units", request("HEAD /fleet/v1/units"), headOf(405, READ_ONLY)],
  ["OPTIONS of units", request("OPTIONS /fleet/v1/units"), refused(405, READ_ONLY)],
  ["TRACE of units", request("TRACE /fleet/v1/units"), refused(405, READ_ONLY)],
  ["PROPFIND of units", request("PROPFIND /fleet/v1/units"), refused(405, READ_ONLY)],
  ["POST of a unit", request("POST /fleet/v1/units/a.service", [], "{}"), refused(405, ITEM)],
  ["PATCH of a unit", request("PATCH /v1-alpha/units/a.service", [], "[]"), refused(405, ITEM)],
  ["HEAD of a unit", request("HEAD /fleet/v1/units/a.service"), headOf(405, ITEM)],
  ["PUT of states", request("PUT /fleet/v1/state", [], "{}"), refused(405, READ_ONLY)],
  ["DELETE of a state", request("DELETE /fleet/v1/state/a.service"), refused(405, READ_ONLY)],
  ["PUT of machines", request("PUT /fleet/v1/machines", [], "[]"), refused(405, MACHINES)],
  ["DELETE of machines", request("DELETE /fleet/v1/machines"), refused(405, MACHINES)],
  ["POST of the discovery", request("POST /fleet/v1/discovery", [], "x"), refused(400, DISCOVERY)],
  ["HEAD of the discovery", request("HEAD /fleet/v1/discovery"), headOf(400, DISCOVERY)],
  ["PUT of the OpenAPI document", request("PUT /fleet/v1/openapi.json"), refused(405, READ_ONLY)],
  ["POST of the top", request("POST /", [], "x"), refused(405)],
  ["PUT of the root", request("PUT /fleet/v1", [], "x"), refused(405)],
  ["DELETE of nothing", request("DELETE /fleet/v1/nowhere"), refused(404)],
  ["PUT of a unit without a name", request("PUT /fleet/v1/units/", [], "{}"), refused(404)],
  ["CONNECT", request("CONNECT example.com:80"), closing(refused(404))],
  ["CONNECT to a resource", request("CONNECT /fleet/v1/units"), closing(refused(405, READ_ONLY))],
  ["OPTIONS of everything", request("OPTIONS *"), empty(200)],
  [
    "GET with a body",
    request("GET /fleet/v1/machines", [], "x".repeat(5_000)),
    answered(200, "{}"),
  ],
);
