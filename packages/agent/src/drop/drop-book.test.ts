import { expect, test } from "vitest";
import { DropBook } from "./drop-book.ts";

const WEB = "web.service";
const CONTENT = { kind: "bytes", bytes: Buffer.from("[Service]\nExecStart=/bin/web\n") } as const;

function bookWith(...names: readonly string[]): DropBook {
  const book = new DropBook(
    () => {},
    () => {},
  );
  book.found(names);
  return book;
}

test("a file that was seen and not read yet is not looked at, as if it were gone, whoever asks", () => {
  const book = bookWith(WEB);
  book.add([WEB]);
  expect(book.takeDue(9)).toEqual([]);
  book.read(new Map([[WEB, CONTENT]]));
  expect(book.takeDue(9)).toMatchObject([{ name: WEB, file: { kind: "valid" } }]);
});

test("a file that is gone is looked at", () => {
  const book = bookWith(WEB);
  book.read(new Map([[WEB, undefined]]));
  expect(book.takeDue(9)).toEqual([{ name: WEB, file: undefined }]);
});

test("what was to be done in a directory is forgotten when another is found", () => {
  const book = bookWith(WEB, "db.service");
  book.read(new Map([[WEB, undefined]]));
  book.found(["db.service"]);
  expect(book.takeDue(9)).toEqual([]);
  expect([...(book.takeFound() ?? [])]).toEqual(["db.service"]);
  expect(book.takeFound()).toBeUndefined();
});

test("of what was found twice only the last counts", () => {
  const book = bookWith(WEB);
  const first = book.takeFound() ?? new Set();
  book.found(["db.service"]);
  book.giveBackFound(first);
  expect([...(book.takeFound() ?? [])]).toEqual(["db.service"]);
});

test("names are taken a few at a time, in byte order", () => {
  const book = bookWith();
  book.add(["c.service", "a.service", "b.service"]);
  const names = (): readonly string[] => book.takeDue(2).map(({ name }) => name);
  expect(names()).toEqual(["a.service", "b.service"]);
  expect(names()).toEqual(["c.service"]);
});
