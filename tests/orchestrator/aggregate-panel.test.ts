import { describe, expect, test } from "bun:test";
import { panelOf } from "../../orchestrator/learning/aggregate-panel.ts";

const result = (seat: number, value: string) => ({
  seat,
  value,
  score: null,
  cost: 1,
});

describe("results of one task, as they come", () => {
  test("are read once each, and again only as what most turn out to be", () => {
    const all = [
      result(0, "some words that are no answer at all"),
      result(1, "42"),
      result(2, "43"),
    ];
    const kinds = all.map((_, at) => {
      const { results } = panelOf(all.slice(0, at + 1), ["a", "b", "c"], null);
      return results.map((it) => it.result);
    });
    expect(kinds.map((of) => of.map(({ kind }) => kind))).toEqual([
      ["text"],
      ["text", "answer"],
      ["answer", "answer", "answer"],
    ]);
    // The same one: nothing was made anew.
    const [, second, third] = kinds;
    expect(third?.[1]).toBeDefined();
    expect(third?.[1] === second?.[1]).toBe(true);
  });

  test("are what they are said to be, whatever was made of them before", () => {
    const one = [result(0, "b\na")];
    const [asText] = panelOf(one, ["a"], "text").results;
    const [asSet] = panelOf(one, ["a"], "set").results;
    const [again] = panelOf(one, ["a"], "text").results;
    expect(asText?.result.kind).toBe("text");
    expect(asSet?.result.items).toEqual(["a", "b"]);
    expect(again?.result).toEqual(asText!.result);
  });
});
