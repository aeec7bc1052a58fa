import { describe, expect, test } from "bun:test";
import { wireError } from "../../flow-balancer/core/errors.ts";
import type { Recorded } from "../../flow-balancer/core/queue.ts";
import type { TaskResult } from "../../flow-balancer/core/task.ts";
import { closeStore } from "../../flow-balancer/store/database.ts";
import { HELD, newQueue, request } from "../support/queue-under-test.ts";

type QueueUnderTest = ReturnType<typeof newQueue>;

const rows = (lines: number): string =>
  JSON.stringify(
    Array.from({ length: lines }, (_, id) => ({ id, path: "src/a.ts" })),
  );
const SHORT = rows(3);
const LONG = rows(200);
/** More than is compressed on the thread. */
const BIG = rows(20_000);

const printed = (text: string) => ({
  text,
  bytesSeen: text.length,
  truncated: false,
});

async function ended(
  { queue }: QueueUnderTest,
  input: string,
  value: string,
  result: TaskResult = { status: "completed", valueJson: value },
): Promise<Recorded["task"]["id"]> {
  const recorded = await queue.record(request({ inputJson: input }), HELD);
  if (!recorded.isNew || recorded.lease === null) throw new Error("not held");
  const output = printed(`printed ${value}`);
  await queue.settle(recorded.lease, {
    result,
    execution: null,
    startedAt: null,
    output,
  });
  return recorded.task.id;
}

/** How each of the three columns is stored: `text` or `blob`, and how many bytes. */
const stored = ({ store }: QueueUnderTest, id: string) =>
  store.raw
    .query<Record<string, string | number>, [string]>(
      `SELECT typeof(input) AS input, typeof(value) AS value, typeof(text) AS text,
         octet_length(input) AS inputBytes, octet_length(value) AS valueBytes
       FROM tasks JOIN task_outputs ON task_id = id WHERE id = ?`,
    )
    .get(id);

/** Flips one bit in the middle of a stored column. */
function damage(
  { store }: QueueUnderTest,
  id: string,
  column: "input" | "value",
): void {
  const row = store.raw
    .query<{ it: Uint8Array }, [string]>(
      `SELECT ${column} AS it FROM tasks WHERE id = ?`,
    )
    .get(id)!;
  row.it[row.it.length >> 1]! ^= 1;
  store.raw.run(`UPDATE tasks SET ${column} = ? WHERE id = ?`, [row.it, id]);
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "fulfilled",
    (thrown: { code: unknown }) => thrown.code,
  );

describe("a stored payload", () => {
  test.each([
    ["short", SHORT, "text"],
    ["long", LONG, "blob"],
    ["big", BIG, "blob"],
  ])("%s comes back as it was", async (_, json, type) => {
    const at = newQueue();
    const id = await ended(at, json, json);
    expect(await at.queue.get(id)).toMatchObject({
      inputJson: json,
      result: { status: "completed", valueJson: json },
    });
    expect(await at.queue.output(id)).toEqual(printed(`printed ${json}`));
    expect((await at.queue.list({ limit: 1 })).tasks).toMatchObject([
      { inputJson: json, result: { valueJson: json } },
    ]);
    const kept = stored(at, id)!;
    expect(kept).toMatchObject({ input: type, value: type, text: type });
    if (type === "blob") {
      expect(kept["inputBytes"]).toBeLessThan(json.length / 5);
      expect(kept["valueBytes"]).toBeLessThan(json.length / 5);
    }
  });

  test("of a task that failed is kept the same way", async () => {
    const at = newQueue();
    const error = wireError("NON_ZERO_EXIT", "exit code 1");
    const result = { status: "failed", error, valueJson: LONG } as const;
    const id = await ended(at, SHORT, LONG, result);
    expect((await at.queue.get(id))?.result).toEqual(result);
    expect(stored(at, id)).toMatchObject({ input: "text", value: "blob" });
  });

  test("of rows written before there were packed ones is read as it is", async () => {
    const at = newQueue();
    const id = await ended(at, SHORT, SHORT);
    at.store.raw.run("UPDATE tasks SET input = ?, value = ? WHERE id = ?", [
      LONG,
      LONG,
      id,
    ]);
    expect(await at.queue.get(id)).toMatchObject({
      inputJson: LONG,
      result: { valueJson: LONG },
    });
  });

  test("is on disk before a store that closes is closed, however big", async () => {
    const at = newQueue();
    let recorded = false;
    void at.queue.record(request({ inputJson: BIG }), HELD).then(() => {
      recorded = true;
    });
    await closeStore(at.store);
    expect(recorded).toBe(true);
  });
});

describe("an idempotency key", () => {
  test.each([
    ["long", LONG],
    ["big", BIG],
  ])("with a %s input belongs to that input", async (_, inputJson) => {
    const { queue } = newQueue();
    const asked = request({ inputJson, idempotencyKey: "k" });
    const [one, two] = await Promise.all([
      queue.record(asked, HELD),
      queue.record(asked, HELD),
    ]);
    // Big ones are compressed side by side: either may be the first.
    expect([one.isNew, two.isNew].toSorted()).toEqual([false, true]);
    expect(two.task.id).toBe(one.task.id);
    const other = request({ inputJson: `${inputJson} `, idempotencyKey: "k" });
    expect(await codeOf(queue.record(other, HELD))).toBe(
      "IDEMPOTENCY_CONFLICT",
    );
  });

  test("whose input is damaged is refused, and no other", async () => {
    const at = newQueue();
    const asked = request({ inputJson: LONG, idempotencyKey: "k" });
    const { task } = await at.queue.record(asked, HELD);
    damage(at, task.id, "input");
    const [same, other] = await Promise.all([
      codeOf(at.queue.record(asked, HELD)),
      codeOf(at.queue.record(request({ inputJson: LONG }), HELD)),
    ]);
    expect(same).toBe("PAYLOAD_DAMAGED");
    expect(other).toBe("fulfilled");
  });
});

describe("damage", () => {
  test("of a value is that task's failure, and no other's", async () => {
    const at = newQueue();
    const [hurt, well] = [
      await ended(at, LONG, LONG),
      await ended(at, LONG, LONG),
    ];
    damage(at, hurt, "value");
    const task = await at.queue.get(hurt);
    expect(task).toMatchObject({
      state: "completed",
      inputJson: LONG,
      result: {
        status: "failed",
        error: {
          code: "PAYLOAD_DAMAGED",
          message: expect.stringMatching(
            /^the task ended completed, but its value is damaged in the store: its \d+ stored bytes do not match their checksum$/,
          ),
          hint: expect.any(String),
        },
        valueJson: null,
      },
    });
    const { tasks } = await at.queue.list({ limit: 9 });
    expect(tasks.map(({ id, result }) => [id, result?.status])).toEqual([
      [well, "completed"],
      [hurt, "failed"],
    ]);
    expect((await at.queue.get(well))?.result).toEqual({
      status: "completed",
      valueJson: LONG,
    });
  });

  test("of a failed task's value keeps what the task said itself", async () => {
    const at = newQueue();
    const error = wireError("NON_ZERO_EXIT", "exit code 1");
    const result = { status: "failed", error, valueJson: LONG } as const;
    const id = await ended(at, SHORT, LONG, result);
    damage(at, id, "value");
    expect((await at.queue.get(id))?.result).toMatchObject({
      status: "failed",
      error: {
        code: "PAYLOAD_DAMAGED",
        message: expect.stringContaining("(NON_ZERO_EXIT: exit code 1)"),
      },
    });
  });

  test("of the one bit that says what bytes are is told too", async () => {
    const at = newQueue();
    const id = await ended(at, SHORT, LONG);
    at.store.raw.run("UPDATE tasks SET value = CAST(value AS TEXT)");
    expect((await at.queue.get(id))?.result).toMatchObject({
      status: "failed",
      error: { code: "PAYLOAD_DAMAGED" },
    });
  });

  test("of why a task failed harms no list", async () => {
    const at = newQueue();
    const error = wireError("NON_ZERO_EXIT", "exit code 1");
    const result = { status: "failed", error, valueJson: null } as const;
    const id = await ended(at, SHORT, SHORT, result);
    for (const damaged of ['{"code":"NON', "null", "{}", "5", null]) {
      at.store.raw.run("UPDATE tasks SET error = ?", [damaged]);
      expect((await at.queue.list({ limit: 1 })).tasks).toMatchObject([
        {
          id,
          result: { status: "failed", error: { code: "PAYLOAD_DAMAGED" } },
        },
      ]);
    }
  });

  test("of an input or of what was printed is told to who reads it", async () => {
    const at = newQueue();
    const id = await ended(at, LONG, LONG);
    damage(at, id, "input");
    at.store.raw.run("UPDATE task_outputs SET text = x'FB02'");
    const task = (await at.queue.get(id))!;
    expect(task.result).toEqual({ status: "completed", valueJson: LONG });
    expect(() => task.inputJson).toThrow(`the input of ${id} is damaged`);
    expect(await codeOf(at.queue.output(id))).toBe("PAYLOAD_DAMAGED");
  });
});
