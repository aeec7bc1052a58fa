import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { pools } from "../support/pool-under-test.ts";

setDefaultTimeout(60_000);

const makePool = pools(afterEach);
const CALLS = 100_000;

test("a loop that logs without end costs few messages; each line is told or counted, in order", async () => {
  const messages: string[] = [];
  const { done } = makePool({ maxWorkers: 1 }).script(
    `export default (_, ctx) => { for (let n = 0; n < ${CALLS}; n++) ctx.log(String(n)); }`,
    { observer: { log: (message) => messages.push(message) } },
  );
  expect((await done).result.status).toBe("completed");
  let next = 0;
  for (const line of messages.join("\n").split("\n")) {
    const leftOut = /^\[\.\.\. (\d+) /.exec(line)?.[1];
    if (leftOut === undefined) expect(line).toBe(String(next));
    next += Number(leftOut ?? 1);
  }
  expect(next).toBe(CALLS);
  expect(messages[0]).toBe("0");
  expect(messages.length).toBeLessThan(CALLS / 10);
});

test("a loop that reports progress without end is followed by few messages, the last of them before the result", async () => {
  const seen: (readonly [number, number | null, string | null])[] = [];
  const { done } = makePool({ maxWorkers: 1 }).script(
    `export default (_, ctx) => { for (let n = 1; n <= ${CALLS}; n++) ctx.progress(n, ${CALLS}, "step " + n); }`,
    { observer: { progress: (...report) => seen.push(report) } },
  );
  expect((await done).result.status).toBe("completed");
  expect(seen[0]).toEqual([1, CALLS, "step 1"]);
  expect(seen.at(-1)).toEqual([CALLS, CALLS, `step ${CALLS}`]);
  expect(seen.length).toBeLessThan(CALLS / 10);
});

test("what a task said right before it took its worker down is told", async () => {
  const messages: string[] = [];
  const { done } = makePool({ maxWorkers: 1 }).script(
    `export default (_, ctx) => { ctx.log("first"); ctx.log("second"); process.exit(1); }`,
    { observer: { log: (message) => messages.push(message) } },
  );
  await done;
  expect(messages.slice(0, 2)).toEqual(["first", "second"]);
});
