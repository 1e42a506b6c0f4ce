import {
  answered,
  type BadRequest,
  type Bytes,
  closing,
  empty,
  moved,
  NOT_HTTP,
  refused,
  request,
  rows,
} from "./bad-request.ts";

const NOWHERE = refused(404);
const NO_UNIT = refused(404, "unit does not exist");
const NO_STATE = refused(404, "unit state does not exist");
const NO_WAIT = refused(404, "unit does not wait for a machine");
const NO_REPORT = refused(404, "no machine reports the unit");
const ROOT = refused(405);
const get = (target: string): Bytes => request(`GET ${target}`);

/** Paths that lead nowhere, out of the tree, or to what is not there. */
export const PATHS: readonly BadRequest[] = [
  ...rows(
    ["the top", get("/"), ROOT],
    ["the root", get("/fleet/v1"), ROOT],
    ["the older root", get("/v1-alpha"), ROOT],
    ["the root with a slash", get("/fleet/v1/"), NOWHERE],
    ["half the root", get("/fleet"), NOWHERE],
    ["another version", get("/fleet/v2/units"), NOWHERE],
    ["capitals", get("/fleet/v1/Units"), NOWHERE],
    ["a collection with a slash", get("/fleet/v1/units/"), NOWHERE],
    ["one machine", get("/fleet/v1/machines/m1"), NOWHERE],
    ["below a unit", get("/fleet/v1/units/a.service/options"), NOWHERE],
    ["below a unit, encoded", get("/fleet/v1/units/a.service%2foptions"), NOWHERE],
    ["what is no path but a pattern", get("/fleet/v1/units/*"), NO_UNIT],
    ["a router's parameter", get("/fleet/v1/units/:name"), NO_UNIT],
    ["a fragment", get("/fleet/v1/units#x"), NOWHERE],
    ["a semicolon", get("/fleet/v1/units;x=y"), NOWHERE],
    ["a backslash for a slash", get("/fleet/v1\\units"), NOWHERE],
    ["everything", request("GET *"), closing({ ...empty(400) })],
  ),
  ...rows(
    ["up and out", get("/../../etc/passwd"), moved("/etc/passwd")],
    ["up and out, encoded", get("/%2e%2e/%2e%2e/etc/passwd"), moved("/etc/passwd")],
    ["up and out, slashes encoded", get("/..%2f..%2fetc%2fpasswd"), moved("/etc/passwd")],
    ["up and out, encoded twice", get("/fleet/v1/units/%252e%252e%252fx"), NO_UNIT],
    ["up and out of a unit", get("/fleet/v1/units/../../../etc"), moved("/etc")],
    ["up and out with backslashes", get("/fleet/v1/units/..%5c..%5cx"), NO_UNIT],
    [
      "up to the machines",
      get("/fleet/v1/units/../machines?x=1&y=2"),
      moved("/fleet/v1/machines?x=1&y=2"),
    ],
    ["two slashes", get("//fleet/v1/units"), moved("/fleet/v1/units")],
    ["another host's path", get("//example.com/fleet"), moved("/example.com/fleet")],
    ["a dot", get("/fleet/v1/./units"), moved("/fleet/v1/units")],
    ["markup", get("//%3Cscript%3E"), moved("/%3Cscript%3E")],
    ["a line end in a redirect", get("//a%0d%0aSet-Cookie:x"), moved("/a%0D%0ASet-Cookie:x")],
    ["a scheme and a host", get("http://example.com/fleet/v1/nowhere"), NOWHERE],
    ["a scheme, a host and no path", get("http://example.com"), ROOT],
    ["a scheme that is none of ours", get("ftp://example.com/fleet/v1/nowhere"), NOWHERE],
  ),
  ...rows(
    ["a percent sign alone", get("/%"), NOT_HTTP],
    ["half an escape", get("/fleet/v1/units/a%4"), NOT_HTTP],
    ["an escape of no digits", get("/fleet/v1/units/%zz"), NOT_HTTP],
    ["an escaped NUL", get("/fleet/v1/units/a%00.service"), NO_UNIT],
    ["an escaped line end", get("/fleet/v1/units/a%0a.service"), NO_UNIT],
    ["bytes that are no UTF-8", get("/fleet/v1/units/%ff%fe.service"), NO_UNIT],
    ["an overlong encoding of a slash", get("/fleet/v1/units/%c0%af.service"), NO_UNIT],
    ["half a surrogate pair", get("/fleet/v1/units/%ed%a0%80.service"), NO_UNIT],
    ["a name of 9000 characters", get(`/fleet/v1/units/${"x".repeat(9_000)}`), NO_UNIT],
    ["a thousand segments", get(`/fleet/v1${"/x".repeat(1_000)}`), NOWHERE],
    ["a state of nothing", get("/fleet/v1/state/none.service"), NO_STATE],
    ["a state of no name", get("/fleet/v1/state/%ff"), NO_STATE],
    ["a wait of no name", get("/fleet/v1/waiting/%ff"), NO_WAIT],
    ["a report of no name", get("/fleet/v1/reports/%ff"), NO_REPORT],
    ["a report of nothing", get("/fleet/v1/reports/none.service"), NO_REPORT],
    ["all reports", get("/fleet/v1/reports"), NOWHERE],
    ["all that wait", get("/fleet/v1/waiting"), NOWHERE],
    ["a unit that is no name", request("DELETE /fleet/v1/units/nonsense"), NO_UNIT],
    [
      "filters that match nothing",
      get("/fleet/v1/state?unitName=..&machineID=%00"),
      answered(200, "{}"),
    ],
  ),
];
