import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { setMember } from "../../flow-balancer/commands/jsonc-edit.ts";
import { setTable } from "../../flow-balancer/commands/toml-edit.ts";

describe("an edit", () => {
  test("of any JSON object changes the one member and nothing else", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
        fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))),
        fc.constantFrom(undefined, 2, "\t"),
        (others, servers, indent) => {
          const before = {
            ...others,
            ...(servers === null ? {} : { servers }),
          };
          if (servers === null) delete before["servers"];
          const text = JSON.stringify(before, null, indent);
          const after = setMember(text, ["servers", "me"], { a: [1] });
          expect(JSON.parse(after ?? "")).toEqual(
            JSON.parse(
              JSON.stringify({
                ...before,
                servers: { ...servers, me: { a: [1] } },
              }),
            ),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["{}", '{\n  "s": {\n    "me": 1\n  }\n}'],
    ['{\n\t"s": {}\n}', '{\n\t"s": {\n\t\t"me": 1\n\t}\n}'],
    [
      '{"s": { /* none */ }, "t": 1}',
      '{"s": { /* none */\n    "me": 1\n  }, "t": 1}',
    ],
    [
      '{\n  "s": {\n    "a": 1 // one, "b": {\n  }\n}',
      '{\n  "s": {\n    "a": 1, // one, "b": {\n    "me": 1\n  }\n}',
    ],
    [
      '{\n  "s": {\n    "a": 1, // one\n    // end\n  }\n}',
      '{\n  "s": {\n    "a": 1, // one\n    "me": 1\n    // end\n  }\n}',
    ],
    ['{"s": {"me": {"x": "}"}, "b": 2}}', '{"s": {"me": 1, "b": 2}}'],
    ['{"s": 1, "s": {"me": 2}}', '{"s": 1, "s": {"me": 1}}'],
  ])("of %j", (before, after) => {
    const edited = setMember(before, ["s", "me"], 1 as unknown as object);
    expect(edited).toBe(after);
    expect(Bun.JSONC.parse(edited ?? "")).toMatchObject({ s: { me: 1 } });
  });

  test("of JSON that nests too deep is not made", () => {
    const text = `{"a": ${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
    expect(setMember(text, ["s", "me"], {})).toBeNull();
  });

  test("of TOML adds a table at the end, and knows it again", () => {
    const once = setTable("a = 1", ["s", "my server"], { b: 'c"d' });
    expect(once).toBe('a = 1\n\n[s."my server"]\nb = "c\\"d"\n');
    expect(setTable(once, ["s", "my server"], { b: "e" })).toBe(
      'a = 1\n\n[s."my server"]\nb = "e"\n',
    );
    const text = "x = '''\n[s.t]\n'''\n";
    expect(setTable(text, ["s", "t"], { b: "c" })).toBe(
      `${text}\n[s.t]\nb = "c"\n`,
    );
  });
});
