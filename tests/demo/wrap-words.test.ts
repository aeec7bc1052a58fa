import { expect, test } from "bun:test";
import { wrapWords } from "../../flow-balancer/demo/wrap-words.ts";

test("text is broken at spaces and never lost", () => {
  expect(wrapWords("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrapWords("a incomprehensibilities b", 5)).toEqual([
    "a",
    "incomprehensibilities",
    "b",
  ]);
});
