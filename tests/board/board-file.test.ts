import { afterEach, expect, test } from "bun:test";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { closeStore } from "../../flow-balancer/store/database.ts";
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

const path = (): string => join(rig.home, "board.json");
const read = () => JSON.parse(readFileSync(path(), "utf8"));

test("it says what there is, in stable names, to nobody else's eyes, shortly after a change", async () => {
  setUp();
  const [one] = await rig.add(item("one", { weight: 4 }), item("two"));
  expect(existsSync(path())).toBe(false);
  rig.env.advance(0);
  expect(read().ready).toHaveLength(2);
  await rig.claim(ADA);
  await rig.update(one!.id, ADA, { progress: { done: 1, total: 3 } });
  rig.env.advance(199);
  expect(read().active).toEqual([]);
  rig.env.advance(1);
  expect(read()).toEqual({
    schema: 1,
    updated_at: rig.env.now(),
    counts: expect.objectContaining({ ready: 1, running: 1, completed: 0 }),
    active: [
      {
        id: one!.id,
        title: "one",
        weight: 4,
        worked_by: ADA,
        progress: { done: 1, total: 3 },
        since: rig.env.now() - 200,
      },
    ],
    ready: [{ id: expect.any(String), title: "two", weight: 2 }],
    done_recently: [],
  });
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  await rig.complete(one!.id, ADA);
  rig.board.flush();
  expect(read().done_recently).toEqual([
    { id: one!.id, title: "one", worked_by: ADA, at: rig.env.now(), proven: 0 },
  ]);
  expect(readdirSync(rig.home)).toEqual(["board.json"]);
  // Nothing has changed since.
  rmSync(path());
  rig.board.flush();
  rig.env.advance(60_000);
  expect(existsSync(path())).toBe(false);
});

test("of several processes the last to write has written the last state", async () => {
  setUp();
  await rig.close();
  const home = rig.home;
  const first = newBoard({ home, path: join(home, "flow.db") });
  rig = first;
  const second = newBoard({ home, path: join(home, "flow.db") }, first.env);
  try {
    await first.add(item("one"), item("two"));
    // The second one's change comes between the first one's look and its rename.
    let once = true;
    const now = first.env.now;
    first.env.now = () => {
      if (once) {
        once = false;
        second.store.raw.run(
          "UPDATE board_items SET title = 'TWO' WHERE title = 'two'",
        );
        second.store.raw.run(
          "UPDATE meta SET value = value + 1 WHERE key = 'board_changes'",
        );
      }
      return now();
    };
    first.env.advance(0);
    writeFileSync(path(), "{}");
    first.env.advance(200);
    expect(read().ready.map(({ title }: { title: string }) => title)).toEqual([
      "one",
      "TWO",
    ]);
  } finally {
    await closeStore(second.store);
  }
});

test("a file that cannot be written stops no work, and flush says so", async () => {
  setUp();
  await rig.add(item("one"));
  rmSync(rig.home, { recursive: true });
  rig.env.advance(500);
  expect(await rig.take(BOB)).toBe("one");
  const flushed = refusal((async () => rig.board.flush())());
  expect((await flushed).code).toBe("STORAGE_FAILED");
});

test("what a killed process left half written is taken away, once it is old", async () => {
  setUp();
  for (const name of [".board.json.old", ".board.json.new", "other"])
    writeFileSync(join(rig.home, name), "");
  const at = (ms: number) => new Date(rig.env.now() + ms);
  utimesSync(join(rig.home, ".board.json.old"), at(-61_000), at(-61_000));
  utimesSync(join(rig.home, ".board.json.new"), at(0), at(0));
  await rig.add(item("one"));
  rig.board.flush();
  expect(readdirSync(rig.home).sort()).toEqual([
    ".board.json.new",
    "board.json",
    "other",
  ]);
});
