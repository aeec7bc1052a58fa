import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bunEnv } from "../../flow-balancer/env.ts";
import { closeStore } from "../../flow-balancer/store/database.ts";
import { ADA, BOB, item, newBoard } from "./board-under-test.ts";

const CHILD = join(import.meta.dir, "children/claim-all.ts");

/** What each claimed, of a process of its own a name. */
async function race(
  home: string,
  names: readonly string[],
): Promise<string[][]> {
  const children = names.map((name) =>
    Bun.spawn([process.execPath, CHILD, home, name], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    }),
  );
  // All of them are loaded by now, or soon.
  await Bun.sleep(100);
  for (const child of children) child.stdin.end();
  return Promise.all(
    children.map(async (child) => JSON.parse(await child.stdout.text())),
  );
}

test("processes that race for a list divide it; each item is had once, and the file says so", async () => {
  const home = mkdtempSync(join(tmpdir(), "flow-balancer-race-"));
  const rig = newBoard({ home, path: join(home, "flow.db") }, bunEnv);
  try {
    const items = Array.from({ length: 45 }, (_, at) =>
      item(`${at}`, { weight: 1 }),
    );
    const added = await rig.add(...items);
    const got = await race(home, ["a", "b", "c"]);
    expect(got.flat().sort()).toEqual(added.map(({ id }) => id).sort());
    const file = JSON.parse(readFileSync(join(home, "board.json"), "utf8"));
    expect(file.counts).toMatchObject({ ready: 0, running: 45 });
    for (const { id } of added)
      await rig.complete(id, (await rig.queue.get(id))!.holder!);
    const work = rig.store.raw
      .query("SELECT count(*) AS n FROM events WHERE type = 'board.claimed'")
      .get();
    expect(work).toEqual({ n: 45 });
  } finally {
    await rig.close();
  }
}, 20_000);

test("two boards of one file: one claim of an item, one item beyond the capacity, whoever asks at once", async () => {
  const home = mkdtempSync(join(tmpdir(), "flow-balancer-race-"));
  const path = join(home, "flow.db");
  const rig = newBoard({ home, path });
  const other = newBoard({ home, path }, rig.env);
  try {
    const [one, two] = await rig.add(
      item("one", { weight: 6 }),
      item("two", { weight: 6 }),
    );
    const same = { id: one!.id };
    const twice = await Promise.all([
      rig.take(ADA, same),
      other.take(ADA, same),
    ]);
    expect(twice.toSorted()).toEqual([null, "one"]);
    const { events } = await rig.status(BOB);
    expect(events.filter(({ type }) => type === "board.claimed")).toHaveLength(
      1,
    );
    await rig.update(one!.id, ADA, { release: true });
    const both = await Promise.all([
      rig.take(ADA, { id: one!.id, capacity: 10 }),
      other.take(ADA, { id: two!.id, capacity: 10 }),
    ]);
    expect(both.filter((title) => title !== null)).toHaveLength(1);
    expect((await rig.status(ADA)).load.activeWeight).toBe(6);
  } finally {
    await closeStore(other.store);
    await rig.close();
  }
});
