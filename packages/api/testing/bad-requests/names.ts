import { type BadRequest, put, refused, rows } from "./bad-request.ts";

const FILE = '"options":[{"section":"Service","name":"ExecStart","value":"/bin/true"}]';
const body = `{${FILE}}`;
const character = (quoted: string): BadRequest["gets"] =>
  refused(400, `invalid character ${quoted} in unit name`);

/** Names of units, in the path and in the body. */
export const NAMES: readonly BadRequest[] = [
  ...rows(
    [
      "a name that is too long",
      put(`${"x".repeat(249)}.service`, body),
      refused(400, "unit name exceeds maximum length (256)"),
    ],
    [
      "a name of 9000 bytes",
      put("x".repeat(9_000), body),
      refused(400, "unit name exceeds maximum length (256)"),
    ],
    [
      "too long in bytes only",
      put(`${"%c3%a9".repeat(125)}.service`, body),
      refused(400, "unit name exceeds maximum length (256)"),
    ],
    ["no type", put("nodot", body), refused(400, 'unit name must contain "."')],
    ["no type behind the dot", put("a.", body), refused(400, 'unit name cannot end in "."')],
    ["a type that there is not", put("foo.bar", body), refused(400, 'invalid unit type: "bar"')],
    ["a type in capitals", put("foo.Service", body), refused(400, 'invalid unit type: "Service"')],
    [
      "a type with a blank behind it",
      put("foo.service%20", body),
      refused(400, 'invalid unit type: "service "'),
    ],
    [
      "a type of systemd's own",
      put("foo.nspawn", body),
      refused(400, 'invalid unit type: "nspawn"'),
    ],
    [
      "a template that is a mount",
      put("@this.mount", body),
      refused(400, 'invalid unit type for template: "mount"'),
    ],
    [
      "an instance that is a device",
      put("a@b.device", body),
      refused(400, 'invalid unit type for template: "device"'),
    ],
    [
      "nothing before the @",
      put("@foo.service", body),
      refused(400, 'unit name cannot start in "@"'),
    ],
    ["a specifier", put("foo%25i.service", body), character("'%'")],
    ["a blank", put("a%20b.service", body), character("' '")],
    ["a plus is a plus", put("a+b.service", body), character("'+'")],
    ["a tilde", put("a~b.service", body), character("'~'")],
    ["a letter beyond ASCII", put("%c3%a9.service", body), character("'é'")],
    ["a pictogram", put("%f0%9f%98%80.service", body), character("'😀'")],
    ["a quote", put("%27.service", body), character(String.raw`'\''`)],
    ["a double quote", put("%22.service", body), character(`'"'`)],
    ["a line end", put("%0a.service", body), character(String.raw`'\n'`)],
    ["a NUL", put("a%00.service", body), character(String.raw`'\x00'`)],
    ["DEL", put("a%7f.service", body), character(String.raw`'\x7f'`)],
    ["a byte that is no UTF-8", put("%ff.service", body), character("'\uFFFD'")],
    ["braces", put("foo@%7B1,3%7D.service", body), character("'{'")],
    ["a glob", put("*.service", body), character("'*'")],
    ["markup", put("%3Cscript%3E.service", body), character("'<'")],
    ["two names in one segment", put("a.service,b.service", body), character("','")],
  ),
  ...rows(
    [
      "another name in the body",
      put("a.service", `{"name":"b.service",${FILE}}`),
      refused(400, 'name in URL "a.service" differs from unit name in request body "b.service"'),
    ],
    [
      "the same name in capitals",
      put("a.service", `{"name":"A.service",${FILE}}`),
      refused(400, 'name in URL "a.service" differs from unit name in request body "A.service"'),
    ],
    [
      "the encoded name in the body",
      put("a%5cb.service", `{"name":"a%5cb.service",${FILE}}`),
      refused(
        400,
        String.raw`name in URL "a\\b.service" differs from unit name in request body "a%5cb.service"`,
      ),
    ],
    [
      "a path in the body",
      put("a.service", `{"name":"../a.service",${FILE}}`),
      refused(400, 'name in URL "a.service" differs from unit name in request body "../a.service"'),
    ],
    [
      "a bad name in both",
      put("nodot", `{"name":"nodot",${FILE}}`),
      refused(400, 'unit name must contain "."'),
    ],
  ),
];
