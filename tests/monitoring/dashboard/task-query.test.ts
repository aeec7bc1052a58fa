import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TASK_STATES } from "../../../flow-balancer/core/task.ts";
import {
  complete,
  completionsFor,
} from "../../../monitoring/dashboard/query-completion.ts";
import {
  chipsOf,
  EMPTY_QUERY,
  filterOf,
  hrefOf,
  parseQuery,
  queryOf,
  searchOf,
  type TaskQuery,
  withoutChip,
} from "../../../monitoring/dashboard/task-query.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

describe("the query line", () => {
  test("knows keys, quotes and free words", () => {
    const { query, problems } = parseQuery(
      'flaky state:failed,timed_out kind:shell login session:"two words" since:1h',
    );
    expect(problems).toEqual([]);
    expect(query).toEqual({
      state: ["failed", "timed_out"],
      kind: "shell",
      session: "two words",
      worker: null,
      since: "1h",
      text: "flaky login",
    });
  });

  test("says what it does not understand, and keeps the rest", () => {
    const { query, problems } = parseQuery(
      "state:failed,nope since:soon kind:x",
    );
    expect(query).toMatchObject({ state: ["failed"], since: null, kind: "x" });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('"nope" is no state; there are queued');
    expect(problems[1]).toContain("30m, 2h, 7d");
  });

  test("takes an unknown key for a word, and a key without a value for nothing", () => {
    expect(parseQuery("https://x kind:").query).toEqual({
      ...EMPTY_QUERY,
      text: "https://x",
    });
  });

  test("adds states to those that are set, and replaces other keys", () => {
    const before = parseQuery("state:failed kind:a old").query;
    expect(parseQuery("state:queued kind:b", before).query).toEqual({
      ...EMPTY_QUERY,
      state: ["failed", "queued"],
      kind: "b",
    });
  });

  test("never throws, whatever is typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (line) => {
        expect(parseQuery(line).query.text.length).toBeLessThanOrEqual(200);
      }),
      { seed: 3 },
    );
  });
});

const word = fc.string({ minLength: 1, maxLength: 30 });
const maybe = fc.option(word);
const queries: fc.Arbitrary<TaskQuery> = fc.record({
  state: fc.subarray([...TASK_STATES]),
  kind: maybe,
  session: maybe,
  worker: maybe,
  since: fc.option(fc.constantFrom("30m", "1h", "7d", "2026-01-31")),
  text: fc.oneof(fc.constant(""), word),
});

test("a query survives its address", () => {
  fc.assert(
    fc.property(queries, (query) => {
      const url = new URL(hrefOf(query), "http://localhost");
      expect(url.pathname).toBe("/ui/tasks");
      expect(queryOf(url.searchParams)).toEqual(query);
    }),
    { seed: 4 },
  );
});

test("an address with nonsense in it is a query without it", () => {
  const params = new URLSearchParams("state=failed,nope&since=later&x=1");
  expect(queryOf(params)).toEqual({ ...EMPTY_QUERY, state: ["failed"] });
});

test("the server is asked only for what is set, with a moment for since", () => {
  expect(filterOf(EMPTY_QUERY, NOW)).toEqual({});
  const { query } = parseQuery("state:failed since:2h words");
  expect(filterOf(query, NOW)).toEqual({
    state: ["failed"],
    since: NOW - 2 * HOUR,
    text: "words",
  });
  expect(searchOf({ state: ["failed", "queued"], limit: 5 })).toBe(
    "state=failed,queued&limit=5",
  );
});

test("each chip can be taken out again, down to nothing", () => {
  let { query } = parseQuery("state:failed,queued kind:a session:s since:1h");
  expect(chipsOf(query)).toHaveLength(5);
  for (let chip; (chip = chipsOf(query)[0]) !== undefined;)
    query = withoutChip(query, chip);
  expect(query).toEqual(EMPTY_QUERY);
});

describe("completion", () => {
  const known = { kind: ["shell", "two words"], session: ["s1"], worker: [] };
  const inserts = (line: string) =>
    completionsFor(line, known).map(({ insert }) => insert);

  test("offers keys first, then their values", () => {
    expect(inserts("")).toEqual([
      "state:",
      "kind:",
      "session:",
      "worker:",
      "since:",
    ]);
    expect(inserts("x s")).toEqual(["state:", "session:", "since:"]);
    expect(inserts("state:un")).toEqual([
      "state:unknown_outcome ",
      "state:running ",
    ]);
    expect(inserts("kind:")).toEqual(["kind:shell ", 'kind:"two words" ']);
    expect(inserts("nokey:a")).toEqual([]);
  });

  test("takes the place of the last word, and is then understood", () => {
    for (const typed of ["old kind:two", 'old kind:"two']) {
      const [option] = completionsFor(typed, known);
      expect(parseQuery(complete(typed, option!)).query).toEqual({
        ...EMPTY_QUERY,
        kind: "two words",
        text: "old",
      });
    }
  });
});
