import { type BadRequest, type Bytes, put, refused, rows } from "./bad-request.ts";

const undecoded = (reason: string): BadRequest["gets"] =>
  refused(400, `unable to decode body: ${reason}`);
const unexpected = (character: string, place: string): BadRequest["gets"] =>
  undecoded(`invalid character ${character} ${place}`);
const mismatch = (kind: string, into: string): BadRequest["gets"] =>
  undecoded(`json: cannot unmarshal ${kind} into Go ${into}`);
const VALUE = "looking for beginning of value";
const existing = (body: Bytes): Buffer => put("a.service", body);
const fresh = (body: Bytes): Buffer => put("new.service", body);
const NO_OPTIONS = refused(409, "unit does not exist and options field empty");
const NO_STATE = refused(409, "must provide DesiredState to update existing unit");
const EOF = undecoded("unexpected EOF");

/** Bodies that are no JSON, or JSON of another shape. */
const SHAPES: readonly BadRequest[] = [
  ...rows(
    ["nothing", existing(""), undecoded("EOF")],
    ["blanks", existing(" \r\n\t"), undecoded("EOF")],
    ["half an object", existing("{"), EOF],
    ["half a key", existing('{"options'), EOF],
    ["a key", existing('{"name"'), EOF],
    ["a key and a colon", existing('{"name":'), EOF],
    ["half a value", existing('{"name":"a.serv'), EOF],
    ["a value and no end", existing('{"name":"a.service"'), EOF],
    ["half a list", existing('{"options":[{'), EOF],
    ["half a word", existing("tru"), EOF],
    ["half an escape", existing(String.raw`{"name":"\u00`), EOF],
    ["a word", existing("hello"), unexpected("'h'", VALUE)],
    ["markup", existing("<unit/>"), unexpected("'<'", VALUE)],
    ["a form", existing("name=a.service"), unexpected("'a'", "in literal null (expecting 'u')")],
    [
      "single quotes",
      existing("{'name':1}"),
      unexpected(String.raw`'\''`, "looking for beginning of object key string"),
    ],
    ["a comment", existing("// {}"), unexpected("'/'", VALUE)],
    [
      "a comma too many",
      existing('{"name":"a.service",}'),
      unexpected("'}'", "looking for beginning of object key string"),
    ],
    ["no comma", existing('{"a":1 "b":2}'), unexpected(`'"'`, "after object key:value pair")],
    ["no colon", existing('{"a" 1}'), unexpected("'1'", "after object key")],
    [
      "a number with a zero in front",
      existing('{"a":01}'),
      unexpected("'1'", "after object key:value pair"),
    ],
    ["no number", existing('{"a":NaN}'), unexpected("'N'", VALUE)],
    ["a byte order mark", existing("\uFEFF{}"), unexpected(String.raw`'\ufeff'`, VALUE)],
    [
      "UTF-16",
      existing(Buffer.from("{}", "utf16le")),
      unexpected(String.raw`'\x00'`, "looking for beginning of object key string"),
    ],
    ["NULs", existing(Buffer.alloc(100)), unexpected(String.raw`'\x00'`, VALUE)],
    ["bytes that are no UTF-8", existing(Buffer.from([0xff, 0xfe])), unexpected("'\uFFFD'", VALUE)],
    [
      "a line end in a text",
      existing('{"name":"a\n"}'),
      unexpected(String.raw`'\n'`, "in string literal"),
    ],
    [
      "a control character in a text",
      existing('{"name":"\u0001"}'),
      unexpected(String.raw`'\x01'`, "in string literal"),
    ],
    [
      "an escape that there is not",
      existing(String.raw`{"name":"\x"}`),
      unexpected("'x'", "in string escape code"),
    ],
    [
      "digits that are none",
      existing(String.raw`{"name":"\uzzzz"}`),
      unexpected("'z'", String.raw`in \u hexadecimal character escape`),
    ],
    ["100000 lists", existing("[".repeat(100_000)), undecoded("exceeded max depth")],
    ["100000 objects", existing('{"a":'.repeat(100_000)), undecoded("exceeded max depth")],
  ),
  ...rows(
    ["a list", existing("[]"), mismatch("array", "value of type schema.Unit")],
    ["a text", existing('"a.service"'), mismatch("string", "value of type schema.Unit")],
    ["a number", existing("1e400"), mismatch("number", "value of type schema.Unit")],
    ["true", existing("true"), mismatch("bool", "value of type schema.Unit")],
    ["null is an empty unit", existing("null"), NO_STATE],
    [
      "a name that is a number",
      existing('{"name":1}'),
      mismatch("number", "struct field Unit.name of type string"),
    ],
    [
      "a name that is a list",
      existing('{"NAME":["a.service"]}'),
      mismatch("array", "struct field Unit.name of type string"),
    ],
    [
      "a state that is true",
      existing('{"desiredState":true}'),
      mismatch("bool", "struct field Unit.desiredState of type string"),
    ],
    [
      "a state that is an object",
      existing('{"desiredState":{"a":1}}'),
      mismatch("object", "struct field Unit.desiredState of type string"),
    ],
    [
      "a machine that is a number",
      existing('{"machineID":1}'),
      mismatch("number", "struct field Unit.machineID of type string"),
    ],
    [
      "options that are an object",
      existing('{"options":{}}'),
      mismatch("object", "struct field Unit.options of type []*schema.UnitOption"),
    ],
    [
      "options that are a text",
      existing('{"options":"[Unit]"}'),
      mismatch("string", "struct field Unit.options of type []*schema.UnitOption"),
    ],
    [
      "an option that is a text",
      existing('{"options":["A=b"]}'),
      mismatch("string", "struct field Unit.options of type schema.UnitOption"),
    ],
    [
      "an option that is a list",
      existing('{"options":[["Unit","A","b"]]}'),
      mismatch("array", "struct field Unit.options of type schema.UnitOption"),
    ],
    [
      "an option that is null",
      existing('{"options":[null]}'),
      mismatch("null", "struct field Unit.options of type schema.UnitOption"),
    ],
    [
      "a section that is a number",
      existing('{"options":[{"section":1}]}'),
      mismatch("number", "struct field UnitOption.options.section of type string"),
    ],
    [
      "a value that is true",
      existing('{"options":[{"value":true}]}'),
      mismatch("bool", "struct field UnitOption.options.value of type string"),
    ],
    [
      "an option's name that is an object",
      existing('{"options":[{"name":{}}]}'),
      mismatch("object", "struct field UnitOption.options.name of type string"),
    ],
    [
      "keys of a prototype",
      existing('{"__proto__":{"desiredState":"loaded"},"constructor":1}'),
      NO_STATE,
    ],
  ),
];

const bogus = (state: string): BadRequest["gets"] =>
  refused(400, `invalid desiredState ${state}: expect inactive, loaded or launched`);
const option = (section: string, name: string, value: string): object => ({ section, name, value });
const unit = (...options: object[]): Buffer => fresh(JSON.stringify({ options }));
const fleet = (...pairs: readonly (readonly [string, string])[]): Buffer =>
  unit(...pairs.map(([name, value]) => option("X-Fleet", name, value)));
const START = '"options":[{"section":"Service","name":"ExecStart","value":"/bin/true"}]';
const TEMPLATE = 'cannot activate template "t@.service"';
const MET_ITSELF = refused(400, "unexpected newline encountered while parsing option name");

/** Bodies of the right shape that ask for what cannot be. */
const WISHES: readonly BadRequest[] = [
  ...rows(
    ["a new unit without options", fresh("{}"), NO_OPTIONS],
    ["a new unit with no options", fresh('{"options":[]}'), NO_OPTIONS],
    ["a new unit with null for options", fresh('{"options":null}'), NO_OPTIONS],
    ["a state for a unit that is not there", fresh('{"desiredState":"launched"}'), NO_OPTIONS],
    ["nothing to change", existing("{}"), NO_STATE],
    ["an empty state", existing('{"desiredState":""}'), NO_STATE],
    ["a state that there is not", existing('{"desiredState":"bogus"}'), bogus('"bogus"')],
    ["a state in capitals", existing('{"desiredState":"Launched"}'), bogus('"Launched"')],
    ["a state with a blank", existing('{"desiredState":"launched "}'), bogus('"launched "')],
    ["a state of systemd", existing('{"desiredState":"active"}'), bogus('"active"')],
    [
      "a state with a NUL",
      existing(String.raw`{"desiredState":"loaded\u0000"}`),
      bogus(String.raw`"loaded\x00"`),
    ],
    [
      "a new unit in a state that there is not",
      fresh(`{"desiredState":"up",${START}}`),
      bogus('"up"'),
    ],
    [
      "the last of two states",
      existing('{"desiredState":"loaded","DESIREDSTATE":"x"}'),
      bogus('"x"'),
    ],
    [
      "a template that is launched",
      put("t@.service", '{"desiredState":"launched"}'),
      refused(400, TEMPLATE),
    ],
    [
      "a new template that is loaded",
      put("u@.service", `{"desiredState":"loaded",${START}}`),
      refused(400, 'cannot activate template "u@.service"'),
    ],
  ),
  ...rows(
    ["a value with a line end", unit(option("S", "a", "x\ny")), MET_ITSELF],
    ["a name with a line end", unit(option("S", "a\nb", "c")), MET_ITSELF],
    [
      "a section with a bracket",
      unit(option("a]it", "b", "c")),
      refused(400, "found garbage after section name : [105 116 93]"),
    ],
    [
      "a line that is too long",
      unit(option("S", "a", "x".repeat(2_046))),
      refused(400, "line too long (max 2048 bytes)"),
    ],
    [
      "a line of a million bytes",
      unit(option("S", "a", "x".repeat(1_000_000))),
      refused(400, "line too long (max 2048 bytes)"),
    ],
    [
      "a peer that conflicts",
      fleet(["MachineOf", "x.service"], ["Conflicts", "x*"]),
      refused(400, 'unresolvable requirements: peer "x.service" matches conflict "x*"'),
    ],
    [
      "a peer that is replaced",
      fleet(["MachineOf", "x.service"], ["Replaces", "x*"]),
      refused(400, 'unresolvable requirements: peer "x.service" matches replace "x*"'),
    ],
    [
      "a machine and a peer",
      fleet(["MachineID", ""], ["MachineOf", "a.service"]),
      refused(400, "MachineID cannot be used with Peers"),
    ],
    [
      "a machine and a conflict",
      fleet(["MachineID", "x"], ["Conflicts", "a"]),
      refused(400, "MachineID cannot be used with Conflicts"),
    ],
    [
      "a machine and every machine",
      fleet(["MachineID", "x"], ["Global", "true"]),
      refused(400, "MachineID cannot be used with Global"),
    ],
    [
      "a machine and a replacement",
      fleet(["MachineID", "x"], ["Replaces", "a"]),
      refused(400, "MachineID cannot be used with Replaces"),
    ],
    [
      "every machine and a peer",
      fleet(["Global", "on"], ["MachineOf", "a.service"]),
      refused(400, "Global cannot be used with Peers"),
    ],
    [
      "every machine and a replacement",
      fleet(["Global", "1"], ["Replaces", "a"]),
      refused(400, "Global cannot be used with Replaces"),
    ],
    [
      "a conflict and a replacement",
      fleet(["Conflicts", "a"], ["Replaces", "b"]),
      refused(400, "Conflicts cannot be used with Replaces"),
    ],
    [
      "a circle of replacements",
      fleet(["Replaces", "r.service"]),
      refused(
        400,
        "unresolvable requirements: Unit(new.service) and Unit(r.service) replace each other",
      ),
    ],
    [
      "a circle by a pattern",
      fleet(["Replaces", "r*"]),
      refused(
        400,
        "unresolvable requirements: Unit(new.service) and Unit(r.service) replace each other",
      ),
    ],
    [
      "a stored unit that is replaced by a bad one",
      existing('{"options":[{"section":"a]b","name":"c","value":"d"}]}'),
      refused(400, "found garbage after section name : [98 93]"),
    ],
  ),
];

export const UNIT_BODIES: readonly BadRequest[] = [...SHAPES, ...WISHES];
