import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";
import {
  appendToArchive,
  archiveFiles,
  archiveFolder,
  findInArchive,
  pruneArchive,
  readArchive,
} from "../../flow-balancer/store/archive-file.ts";
import type { ArchivedTask } from "../../flow-balancer/store/archived-task.ts";

const AT = Date.UTC(2026, 4, 9) as EpochMs;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "archive-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const archived = (n: number, valueJson = `"${n}"`) =>
  ({
    task: { id: `task_${n}` as TaskId, inputJson: "{}", valueJson },
    output: null,
    attempts: [],
    item: null,
    notes: [],
  }) as unknown as ArchivedTask;

const append = (ns: readonly number[], number = 1, at = AT) =>
  appendToArchive(
    home,
    ns.map((n) => archived(n)),
    { at, number },
  );
const path = (name = "2026-05.000001.jsonl.zst") =>
  join(archiveFolder(home), name);

/** What can be read of a file, and the errors met. */
async function readable(file: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  try {
    for await (const { task } of readArchive(file)) seen.push(task.valueJson);
  } catch (thrown) {
    seen.push((thrown as { code?: unknown }).code);
  }
  return seen;
}

test("is what zstd and jq can read: a line a task, batch after batch", async () => {
  await append([1, 2]);
  const size = await append([3]);
  const bytes = await Bun.file(path()).bytes();
  expect(size).toBe(bytes.length);
  const lines = Bun.zstdDecompressSync(bytes).toString().trimEnd().split("\n");
  expect(lines.map((it): unknown => JSON.parse(it))).toMatchObject(
    [1, 2, 3].map((n) => ({ schema: 1, task: { id: `task_${n}` } })),
  );
});

test("a file that was cut off anywhere gives the whole batches before that", async () => {
  const first = await append([1, 2]);
  const whole = await append([3, 4]);
  const bytes = await Bun.file(path()).bytes();
  for (let length = 0; length <= whole; length++) {
    writeFileSync(path(), bytes.subarray(0, length));
    const expected = ['"1"', '"2"', '"3"', '"4"'];
    const batches = length === whole ? 2 : length >= first ? 1 : 0;
    expect(await readable(path())).toEqual(expected.slice(0, batches * 2));
  }
});

test("a flipped bit never gives another text: the batch is damaged, or the file ends there", async () => {
  await append([1, 2]);
  const first = await Bun.file(path()).size;
  await append([3, 4]);
  const bytes = await Bun.file(path()).bytes();
  for (let at = 0; at < bytes.length; at++) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(path(), flipped);
    const seen = await readable(path());
    const before: unknown[] = at < first ? [] : ['"1"', '"2"'];
    expect([before, [...before, "PAYLOAD_DAMAGED"]]).toContainEqual(seen);
  }
});

test("damage is said when the task that is asked for is in it, and only then", async () => {
  const first = await append([1]);
  await append([2]);
  const bytes = await Bun.file(path()).bytes();
  bytes[first - 1] = (bytes[first - 1] ?? 0) ^ 1;
  writeFileSync(path(), bytes);
  expect((await findInArchive(home, "task_2" as TaskId))?.task.valueJson).toBe(
    '"2"',
  );
  expect(await findInArchive(home, "task_3" as TaskId)).toBeNull();
  expect(findInArchive(home, "task_1" as TaskId)).rejects.toMatchObject({
    code: "PAYLOAD_DAMAGED",
  });
});

test("the last that was archived of a task is found", async () => {
  for (const [number, value] of [
    [1, '"old"'],
    [1, '"older file, newer"'],
    [2, '"newest"'],
  ] as const)
    await appendToArchive(home, [archived(1, value)], { at: AT, number });
  const found = await findInArchive(home, "task_1" as TaskId);
  expect(found?.task.valueJson).toBe('"newest"');
});

test("old files go, and the oldest of too many; the newest stays, and so does what is not an archive", async () => {
  const month = (n: number) => Date.UTC(2026, n, 1) as EpochMs;
  for (const n of [1, 2, 3, 4]) await append([n], n, month(n));
  writeFileSync(path("2020-01.notes.txt"), "mine");
  const size = Bun.file(path("2026-05.000004.jsonl.zst")).size;
  const names = async () =>
    (await archiveFiles(archiveFolder(home))).map(({ number }) => number);
  const all = { oldest: "0000-00", maxBytes: 1e9 };
  expect(await pruneArchive(home, { ...all, oldest: "2026-03" })).toBe(1);
  expect(await names()).toEqual([2, 3, 4]);
  expect(await pruneArchive(home, { ...all, maxBytes: 2 * size })).toBe(1);
  expect(await names()).toEqual([3, 4]);
  expect(await pruneArchive(home, { ...all, maxBytes: 1 })).toBe(1);
  expect(await names()).toEqual([4]);
  expect(await Bun.file(path("2020-01.notes.txt")).text()).toBe("mine");
});

test("there being no archive is no error, and one that is a folder by name is skipped", async () => {
  expect(await findInArchive(home, "task_1" as TaskId)).toBeNull();
  expect(await pruneArchive(home, { oldest: "2026-01", maxBytes: 1 })).toBe(0);
  mkdirSync(path("2026-01.000009.jsonl.zst"), { recursive: true });
  await append([1]);
  expect(await findInArchive(home, "task_1" as TaskId)).not.toBeNull();
});
