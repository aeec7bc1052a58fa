import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encodeState } from "../../flow-balancer/worker/encode-state.ts";
import { SessionMemory } from "../../flow-balancer/worker/session-memory.ts";

const LIMIT = 10_000;

/** A session that is kept, with this in it. */
function kept(saved: object = {}) {
  const memory = new SessionMemory(LIMIT);
  memory.restore("s", JSON.stringify(saved));
  return { memory, state: memory.stateOf("s") };
}

describe("a state as JSON", () => {
  test("gives back every entry it says it saved, exactly, and names every other", () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), fc.oneof(fc.jsonValue(), value))),
        (entries) => {
          const state = new Map(entries.filter(([, it]) => it !== undefined));
          const { json, unsaved } = encodeState(state);
          const back = new Map(Object.entries(JSON.parse(json) as object));
          for (const [key, it] of state)
            if (unsaved.has(key)) expect(back.has(key)).toBe(false);
            else expect(back.get(key)).toEqual(unsigned(it));
          expect(back.size + unsaved.size).toBe(state.size);
        },
      ),
    );
  });

  test("of plain JSON leaves nothing out", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (saved) => {
        const { unsaved } = encodeState(new Map(Object.entries(saved)));
        expect([...unsaved]).toEqual([]);
      }),
    );
  });

  test.each<[string, unknown, string]>([
    ["a function", { a: [() => 1] }, "at .a: at [0]: a function is not JSON"],
    ["a Date", new Date(0), "a Date is not JSON"],
    ["a Map", new Map(), "a Map is not JSON"],
    ["a bigint", 1n, "a bigint is not JSON"],
    ["not a number", { n: NaN }, "at .n: NaN is not JSON"],
    ["undefined in a list", [1, undefined], "at [1]: a undefined is not JSON"],
    ["its own toJSON", { toJSON: () => 1 }, "it has its own toJSON"],
    [
      "a getter that throws",
      Object.defineProperty({}, "x", {
        enumerable: true,
        get: () => {
          throw new Error("no");
        },
      }),
      "no",
    ],
    ["itself", circle(), "contains itself"],
  ])("says why %s is left out", (_, value, why) => {
    const { json, unsaved } = encodeState(
      new Map<unknown, unknown>([
        ["bad", value],
        ["good", 1],
      ]),
    );
    expect(json).toBe('{"good":1}');
    expect(unsaved.get("bad")).toContain(why);
  });

  test("has no key that is not a string, and takes any that is", () => {
    const { json, unsaved } = encodeState(
      new Map<unknown, unknown>([
        [1, 1],
        ["__proto__", 2],
        ["1", 3],
      ]),
    );
    expect(json).toBe('{"__proto__":2,"1":3}');
    expect([...unsaved.keys()]).toEqual([1]);
    const { state } = kept(JSON.parse(json) as object);
    expect(state.get("__proto__")).toBe(2);
  });
});

describe("the memory of a session", () => {
  test("is told when it changed, and only then", () => {
    const { memory, state } = kept({ n: 1, list: [1] });
    expect(memory.changeOf("s").json).toBeNull();
    (state.get("list") as number[]).push(2);
    expect(memory.changeOf("s").json).toBe('{"n":1,"list":[1,2]}');
    expect(memory.changeOf("s").json).toBeNull();
    state.delete("n");
    expect(memory.changeOf("s").json).toBe('{"list":[1,2]}');
  });

  test("of a session that is not kept nobody hears", () => {
    const memory = new SessionMemory(LIMIT);
    memory.stateOf("s").set("n", () => 1);
    expect(memory.changeOf("s")).toEqual({ json: null, notes: [] });
  });

  test("is replaced by what another worker saved; what is of this process alone stays", () => {
    const { memory, state } = kept({ old: 1, both: 1 });
    const connection = (): number => 1;
    state.set("connection", connection);
    state.set("mine", 1);
    memory.restore("s", '{"both":2,"new":3}');
    expect(memory.stateOf("s")).toBe(state);
    expect(Object.fromEntries(state)).toEqual({ both: 2, new: 3, connection });
    expect(memory.changeOf("s").json).toBeNull();
  });

  test("says once what is not saved, and each time that a change is lost because it is too large", () => {
    const { memory, state } = kept();
    state.set("fn", () => 1);
    expect(memory.changeOf("s")).toEqual({
      json: null,
      notes: [
        "session state: 'fn' is kept in this process only: a function is not JSON\n",
      ],
    });
    state.set("n", 1);
    expect(memory.changeOf("s")).toEqual({ json: '{"n":1}', notes: [] });
    state.set("text", "x".repeat(LIMIT));
    for (let n = 0; n < 2; n++)
      expect(memory.changeOf("s")).toMatchObject({
        json: null,
        notes: [],
        lost: {
          code: "PAYLOAD_TOO_LARGE",
          message: expect.stringMatching(
            /\d+ bytes as JSON, the limit is 10000: it is not saved/,
          ),
        },
      });
    state.delete("text");
    expect(memory.changeOf("s").json).toBeNull();
  });

  test("of one session is gone once the worker was given another's", () => {
    const { memory } = kept({ n: 1 });
    memory.restore("t", "{}");
    expect(memory.stateOf("s").size).toBe(0);
  });
});

/** JSON has no minus zero. Anything but plain arrays and objects stays what it is. */
function unsigned(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(unsigned);
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => [key, unsigned(it)]),
  );
}

function circle(): object {
  const it: Record<string, unknown> = {};
  it["it"] = it;
  return it;
}
