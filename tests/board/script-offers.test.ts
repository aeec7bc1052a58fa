import { afterEach, expect, test } from "bun:test";
import { holderId, SHELL_BRIDGE } from "../../flow-balancer/core/ids.ts";
import {
  ADA,
  BOB,
  item,
  LEASE_MS,
  newBoard,
  type Rig,
  refusal,
} from "./board-under-test.ts";

let rig: Rig;
afterEach(() => rig.close());

const SCRIPT = holderId("build.sh");
/** Claims of directories, by task and fence: whoever is first has it. */
let taken: Set<string>;
const mkdir = (name: string): boolean => !taken.has(name) && !!taken.add(name);

function setUp(): void {
  taken = new Set();
  rig = newBoard({ withdraw: (id, fence) => mkdir(`${id}.${fence}`) });
}

test("the bridge holds the best of what scripts can do, and it is ready all the same", async () => {
  setUp();
  await rig.add(
    item("plain"),
    item("gpu", { capabilities: ["gpu"] }),
    item("urgent", { priority: 1 }),
  );
  const offers = await rig.board.offer(9, [], LEASE_MS);
  expect(offers.map(({ task }) => JSON.parse(task.inputJson).title)).toEqual([
    "urgent",
    "plain",
  ]);
  expect(await rig.board.offer(9, [], LEASE_MS)).toEqual([]);
  const { counts, active } = await rig.status(BOB);
  expect(counts).toMatchObject({ ready: 3, blocked: 0 });
  expect(active).toEqual([]);
});

test("an offer that no script took is anybody's; the bridge's lease on it is void then", async () => {
  setUp();
  await rig.add(item("work"));
  const [offer] = await rig.board.offer(1, [], LEASE_MS);
  expect(await rig.take(ADA)).toBe("work");
  expect(await rig.board.get(offer!.task.id)).toMatchObject({
    workedBy: ADA,
    attempt: 1,
  });
  expect(await rig.board.taken(offer!.lease, SCRIPT)).toBe(false);
  expect(await rig.queue.extend([offer!.lease], LEASE_MS)).toEqual(["lost"]);
});

test("what a script took is its own, until the bridge completes it under the lease it was taken with", async () => {
  setUp();
  const needs = { capabilities: ["sh"] };
  const [work] = await rig.add(item("work", needs), item("other", needs));
  const [offer] = await rig.board.offer(1, null, LEASE_MS);
  const { id, fence } = offer!.lease;
  expect(mkdir(`${id}.${fence}`)).toBe(true);
  // Before the bridge has noticed, and after.
  expect(await rig.take(ADA, { declared: ["sh"] })).toBe("other");
  const declared = ["sh"];
  expect((await rig.claim(ADA, { id, declared })).claimed).toBeNull();
  expect(await rig.board.taken(offer!.lease, SCRIPT)).toBe(true);
  expect(
    (await rig.claim(ADA, { id: work!.id })).obstacles[0]?.reason,
  ).toContain("held by build.sh");
  expect(
    (await rig.status(ADA)).active.map(({ workedBy }) => workedBy),
  ).toEqual([SCRIPT, ADA]);
  const done = {
    outcome: "completed",
    summary: "ok",
    evidence: [],
    note: null,
  } as const;
  const proof = { type: "command", argv: ["true"], cwd: null } as const;
  const complete = (at: number) =>
    rig.board.complete(id, SHELL_BRIDGE, { ...done, evidence: [proof] }, at);
  expect((await refusal(complete(fence - 1))).code).toBe("NOT_OWNER");
  expect((await complete(fence)).item).toMatchObject({ workedBy: SCRIPT });
  expect(
    rig.store.raw
      .query("SELECT holder, successes FROM capability_records")
      .all(),
  ).toEqual([{ holder: SCRIPT, successes: 1 }]);
});

test("a bridge that died leaves nothing: its offers and its scripts' items come back", async () => {
  setUp();
  await rig.add(item("offered"), item("taken"));
  const offers = await rig.board.offer(2, [], LEASE_MS);
  await rig.board.taken(offers[1]!.lease, SCRIPT);
  rig.env.advance(LEASE_MS + 1);
  expect(await rig.take(ADA)).toBe("offered");
  const { events } = await rig.board.status(
    { holder: ADA, declared: [], capacity: null },
    0 as never,
  );
  expect(
    events.flatMap(({ type, detail }) =>
      type === "board.expired" ? [detail] : [],
    ),
  ).toEqual([{ lost_by: SCRIPT, end: "lease_expired" }]);
});

test("nobody but the bridge has its name", async () => {
  setUp();
  await rig.add(item("work"));
  const [offer] = await rig.board.offer(1, [], LEASE_MS);
  expect((await refusal(rig.claim(SHELL_BRIDGE))).code).toBe(
    "INVALID_ARGUMENT",
  );
  expect(
    (await refusal(rig.board.taken(offer!.lease, SHELL_BRIDGE))).code,
  ).toBe("INVALID_ARGUMENT");
});
