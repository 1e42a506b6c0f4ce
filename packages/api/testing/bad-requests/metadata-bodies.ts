import { type BadRequest, type Bytes, closing, refused, request, rows } from "./bad-request.ts";

const patch = (body: Bytes, ...headers: string[]): Buffer =>
  request("PATCH /fleet/v1/machines", headers, body);
const operations = (...list: unknown[]): Buffer => patch(JSON.stringify(list));
const PATH = "/m1/metadata/key";
const at = (path: unknown): Buffer => operations({ op: "remove", path });
const add = (value: unknown): Buffer => operations({ op: "add", path: PATH, value });
const OP = refused(400, "invalid op: expect add, remove, or replace");
const NO_PATH = refused(400, "machine metadata path invalid");
const NO_VALUE = refused(400, "invalid value: add and replace require a value");
const mismatch = (kind: string, into: string): BadRequest["gets"] =>
  refused(400, `json: cannot unmarshal ${kind} into Go ${into}`);
const LIST = "value of type []api.machineMetadataOp";
const VALUE = String.raw`struct field machineMetadataOp.Value of type struct { Value string "json:\"value\"" }`;

/** Documents for PATCH of machines. None of them changes anything. */
export const METADATA_BODIES: readonly BadRequest[] = [
  ...rows(
    ["nothing", patch(""), refused(400, "EOF")],
    ["half a list", patch("["), refused(400, "unexpected EOF")],
    ["half an operation", patch('[{"op":"add","path":"/m1'), refused(400, "unexpected EOF")],
    [
      "no JSON",
      patch("op=add"),
      refused(400, "invalid character 'o' looking for beginning of value"),
    ],
    [
      "bytes that are no UTF-8",
      patch(Buffer.from([0xc3, 0x28])),
      refused(400, "invalid character '\uFFFD' looking for beginning of value"),
    ],
    ["lists in lists", patch("[".repeat(50_000)), refused(400, "exceeded max depth")],
    ["an object", patch("{}"), mismatch("object", LIST)],
    ["a text", patch('"[]"'), mismatch("string", LIST)],
    [
      "a merge patch",
      patch('{"metadata":{"key":"v"}}', "Content-Type: application/merge-patch+json"),
      mismatch("object", LIST),
    ],
    [
      "an operation that is a number",
      operations(1),
      mismatch("number", "value of type api.machineMetadataOp"),
    ],
    [
      "an operation that is a list",
      operations(["add", PATH, "v"]),
      mismatch("array", "value of type api.machineMetadataOp"),
    ],
    [
      "a kind that is a number",
      operations({ op: 1 }),
      mismatch("number", "struct field machineMetadataOp.op of type string"),
    ],
    [
      "a path that is a list",
      at(["m1", "metadata", "key"]),
      mismatch("array", "struct field machineMetadataOp.path of type string"),
    ],
    ["a plain value", add("v"), mismatch("string", VALUE)],
    [
      "a value that is a number",
      add({ value: 1 }),
      mismatch("number", "struct field .Value.value of type string"),
    ],
    ["a value in a list", add(["v"]), mismatch("array", VALUE)],
    [
      "what cannot be read behind what is wrong",
      operations({ op: "no" }, { op: 1 }),
      mismatch("number", "struct field machineMetadataOp.op of type string"),
    ],
  ),
  ...rows(
    ["null for an operation", operations(null), OP],
    ["no kind", operations({ path: PATH }), OP],
    ["a kind in capitals", operations({ op: "ADD", path: PATH, value: { value: "v" } }), OP],
    ["a kind of JSON Patch's own", operations({ op: "test", path: PATH }), OP],
    ["a move", operations({ op: "move", from: PATH, path: PATH }), OP],
    [
      "one that is wrong behind one that is right",
      operations({ op: "add", path: PATH, value: { value: "v" } }, { op: "no" }),
      OP,
    ],
    ["no path", operations({ op: "add", value: { value: "v" } }), NO_PATH],
    ["no slash in front", at("m1/metadata/key"), NO_PATH],
    ["no key", at("/m1/metadata/"), NO_PATH],
    ["no machine", at("//metadata/key"), NO_PATH],
    ["another place", at("/m1/object/key"), NO_PATH],
    ["a key with a slash", at("/m1/metadata/a/b"), NO_PATH],
    ["a key with a blank", at("/m1/metadata/a b"), NO_PATH],
    ["a key with a line end", at("/m1/metadata/key\n"), NO_PATH],
    ["a key with a NUL", at("/m1/metadata/key\0"), NO_PATH],
    ["a key beyond ASCII", at("/m1/metadata/ké"), NO_PATH],
    ["a pointer's escape", at("/m1/metadata/a~1b"), NO_PATH],
    ["a dot for a key", at("/m1/metadata/."), NO_PATH],
    ["two dots for a key", at("/m1/metadata/.."), NO_PATH],
    ["a dot for a machine", at("/./metadata/key"), NO_PATH],
    ["two dots for a machine", at("/../metadata/key"), NO_PATH],
    ["up and out", at("/../../metadata/key"), NO_PATH],
    ["no value", add(undefined), NO_VALUE],
    ["null for a value", add(null), NO_VALUE],
    ["an empty object for a value", add({}), NO_VALUE],
    ["an empty value", add({ value: "" }), NO_VALUE],
    ["null in a value", add({ value: null }), NO_VALUE],
    ["a replacement without a value", operations({ op: "replace", path: PATH }), NO_VALUE],
    [
      "a wrong one on a connection that ends",
      patch("[", "Connection: close"),
      closing(refused(400, "unexpected EOF")),
    ],
  ),
];
