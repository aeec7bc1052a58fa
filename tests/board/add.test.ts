import { afterEach, expect, test } from "bun:test";
import type { ListType, NewItem } from "../../flow-balancer/core/board.ts";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { request } from "../support/queue-under-test.ts";
import {
  ADA,
  BOB,
  item,
  newBoard,
  type Rig,
  refusal,
} from "./board-under-test.ts";

let rig: Rig;
const setUp = () => (rig = newBoard());
afterEach(() => rig.close());

const addAs = (type: ListType, ...items: readonly NewItem[]) =>
  rig.board.add(items, type, ADA);

test("items come back in the order asked, ready, with everything they were given", async () => {
  setUp();
  const [one, two] = await rig.add(
    item("one", {
      details: "line\nline",
      weight: 7,
      priority: -3,
      capabilities: ["bun"],
      required: [{ type: "file", path: "out.txt", sha256: null }],
    }),
    item("two"),
  );
  expect(one).toMatchObject({
    title: "one",
    details: "line\nline",
    weight: 7,
    priority: -3,
    capabilities: ["bun"],
    required: [{ type: "file", path: "out.txt", sha256: null }],
    state: "queued",
    isReady: true,
    createdBy: ADA,
    workedBy: null,
    leaseLeftMs: null,
    proven: null,
    notes: [],
  });
  expect(two?.title).toBe("two");
  expect(await rig.board.get(one!.id)).toEqual(one!);
  expect(await rig.queue.get(one!.id)).toMatchObject({
    kind: "agent",
    queue: "board",
    priority: -3,
  });
});

test("a sequence runs one by one, a pipeline stage by stage, and a key of the list hides a task", async () => {
  setUp();
  const [a, b, c] = await addAs("sequential", item("a"), item("b"), item("c"));
  expect(b!.after).toEqual([{ id: a!.id, on: "success" }]);
  expect([a!.isReady, b!.isReady, c!.isReady]).toEqual([true, false, false]);

  const [late, x, y] = await addAs(
    "pipeline",
    item("late", { stage: 9 }),
    item("x", { stage: 1 }),
    item("y", { stage: 1 }),
  );
  expect(late!.after.map(({ id }) => id).sort()).toEqual([x!.id, y!.id].sort());
  expect(x!.after).toEqual([]);

  const pool = await rig.queue.record(request(), PLAIN_TERMS);
  const [p, q] = await rig.add(
    item("p", { key: a!.id }),
    item("q", {
      after: [
        { ref: a!.id, on: "failure" },
        { ref: pool.task.id, on: "finish" },
      ],
    }),
  );
  expect(q!.after).toEqual([
    { id: p!.id, on: "failure" },
    { id: pool.task.id, on: "finish" },
  ]);
});

test("a list that is not sound is refused whole, and says where", async () => {
  setUp();
  const after = (ref: string) => ({ after: [{ ref, on: "success" as const }] });
  const cases: [ListType, readonly NewItem[], string, string][] = [
    ["parallel", [], "INVALID_ARGUMENT", "1 to 1000"],
    ["parallel", [item("")], "INVALID_ARGUMENT", "/tasks/0/title"],
    ["parallel", [item("x".repeat(201))], "INVALID_ARGUMENT", "got 201"],
    [
      "parallel",
      [item("a\u001b[2J")],
      "INVALID_ARGUMENT",
      "control characters",
    ],
    [
      "parallel",
      [item("evil\u202etxt")],
      "INVALID_ARGUMENT",
      "control characters",
    ],
    ["parallel", [item("\ud800")], "INVALID_ARGUMENT", "well-formed"],
    ["parallel", [item("a", { weight: 0 })], "OUT_OF_RANGE", "/tasks/0/weight"],
    ["parallel", [item("a", { priority: 11 })], "OUT_OF_RANGE", "priority"],
    [
      "parallel",
      [item("a"), item("b", after("none"))],
      "NOT_FOUND",
      "/tasks/1/after/0: 'none'",
    ],
    [
      "parallel",
      [item("a", { key: "k" }), item("b", { key: "k" })],
      "INVALID_ARGUMENT",
      "earlier item",
    ],
    [
      "parallel",
      [item("a", { stage: 1 })],
      "INVALID_ARGUMENT",
      "only a pipeline has stages",
    ],
    ["pipeline", [item("a")], "INVALID_ARGUMENT", "needs a stage"],
    [
      "parallel",
      [item("a", { required: [{ type: "command", argv: [], cwd: null }] })],
      "INVALID_ARGUMENT",
      "argv",
    ],
    [
      "parallel",
      [item("a", { required: [{ type: "file", path: "x", sha256: "ab" }] })],
      "INVALID_ARGUMENT",
      "64 hexadecimal",
    ],
    [
      "parallel",
      [item("a", { key: "k", ...after("k") })],
      "DEPENDENCY_CYCLE",
      "'k' after 'k'",
    ],
    [
      "parallel",
      [
        item("a", { key: "a", ...after("c") }),
        item("b", { key: "b", ...after("a") }),
        item("c", { key: "c", ...after("b") }),
      ],
      "DEPENDENCY_CYCLE",
      "'a' after 'c' after 'b' after 'a'",
    ],
    [
      "sequential",
      [item("a", { ...after("z") }), item("z", { key: "z" })],
      "DEPENDENCY_CYCLE",
      "'a' after 'z' after 'a'",
    ],
    [
      "pipeline",
      Array.from({ length: 220 }, (_, at) => item(`${at}`, { stage: at % 2 })),
      "INVALID_ARGUMENT",
      "12100 dependencies",
    ],
  ];
  for (const [type, items, code, says] of cases) {
    const refused = await refusal(addAs(type, ...items));
    expect(refused.code as string).toBe(code);
    expect(refused.message).toContain(says);
  }
  expect((await rig.queue.counts()).queued).toBe(0);
});

test("hostile texts are data: they come back as they were, and nothing else happened", async () => {
  setUp();
  const texts = [
    "'; DROP TABLE tasks; --",
    '"quoted" \\back\\ %s ${x} `y`',
    "__proto__",
    "constructor",
    "😀𝕏 漢字",
    "$(rm -rf /)",
  ];
  const added = await rig.add(
    ...texts.map((text) =>
      item(text, { key: text, details: `${text}\n\0`, capabilities: [text] }),
    ),
  );
  expect(added.map(({ title }) => title)).toEqual(texts);
  expect(added.map(({ details }) => details)).toEqual(
    texts.map((text) => `${text}\n\0`),
  );
  const [last] = await rig.add(
    item("after", { after: [{ ref: added[2]!.id, on: "success" }] }),
  );
  expect(last!.isReady).toBe(false);
  expect(
    (await rig.claim(BOB, { id: added[2]!.id, declared: ["__proto__"] }))
      .claimed?.item.title,
  ).toBe("__proto__");
});

test("tasks and what the board has beside are one transaction, also of a thousand items", async () => {
  setUp();
  const { commit, raw } = rig.store;
  let commits = 0;
  commit.watch({ begun: () => void commits++, ending: () => {} });
  const most = "\u0001".repeat(16_384);
  const items = Array.from({ length: 1_000 }, (_, at) =>
    item(`${at}`, { details: at < 3 ? most : null }),
  );
  const added = await rig.add(...items);
  expect(commits).toBe(1);
  expect(added).toHaveLength(1_000);
  expect(
    raw
      .query(
        "SELECT count(*) AS n FROM tasks t JOIN board_items b ON b.seq = t.seq AND b.task_id = t.id",
      )
      .get(),
  ).toEqual({ n: 1_000 });
});

test("evidence of a task that is not there is refused when it is asked for, and nothing is added", async () => {
  setUp();
  const [made] = await rig.add(item("made"));
  const proof = (id: string) => ({
    required: [{ type: "task", id: id as TaskId }] as const,
  });
  const list = [item("a"), item("b", { key: "k", ...proof("k") })];
  expect(await refusal(rig.add(...list))).toEqual({
    code: "NOT_FOUND",
    message: "/tasks/1/evidence/0: there is no task 'k'",
  });
  expect((await rig.status(ADA)).counts.ready).toBe(1);
  const required = [{ type: "task", id: made!.id }] as const;
  expect(await rig.add(item("c", { required }))).toHaveLength(1);
});

test("nothing is added while nothing new is to be stored; what there is can be claimed and ended", async () => {
  let full = false;
  rig = newBoard({
    refusal: () =>
      full ? new BalancerError("STORAGE_FULL", "the disk is full") : null,
  });
  const [before] = await rig.add(item("before"));
  full = true;
  expect(await refusal(rig.add(item("late")))).toEqual({
    code: "STORAGE_FULL",
    message: "the disk is full",
  });
  expect(await rig.take(BOB)).toBe("before");
  await rig.complete(before!.id, BOB);
  full = false;
  await rig.add(item("after"));
  expect(await rig.take(BOB)).toBe("after");
});
