import {
  afterEach,
  describe,
  expect,
  setDefaultTimeout,
  spyOn,
  test,
} from "bun:test";
import { messageOf, pools, scriptKind } from "../support/pool-under-test.ts";

setDefaultTimeout(60_000);

const makePool = pools(afterEach);
const MIB = 1_048_576;
const LAST_WORDS_BYTES = 2_048;

/** `written(descriptor, bytes)` for a script: a pipe that is full refuses, and is asked again. */
const WRITTEN = `
  import { writeSync } from "node:fs";
  function written(descriptor, bytes) {
    for (let at = 0; at < bytes.length;)
      try { at += writeSync(descriptor, bytes, at); } catch (thrown) {
        if (thrown.code !== "EAGAIN") throw thrown;
        Bun.sleepSync(0.1);
      }
  }`;

describe("what a task writes past its console", () => {
  test("to descriptor 1 is taken at once and in full, since nobody reads it", async () => {
    const { done } = makePool({ maxWorkers: 1 }).script(
      `import { writeSync } from "node:fs"; export default () => writeSync(1, Buffer.alloc(${4 * MIB}, 255));`,
    );
    expect((await done).result).toMatchObject({
      status: "completed",
      valueJson: String(4 * MIB),
    });
  });

  test("to descriptor 2 is not decoded, its last words apart, and those only at the end", async () => {
    let decoded = 0;
    const { decode } = TextDecoder.prototype;
    using _ = spyOn(TextDecoder.prototype, "decode").mockImplementation(
      function (this: TextDecoder, ...[bytes, options]) {
        decoded += bytes?.byteLength ?? 0;
        return decode.call(this, bytes, options);
      },
    );
    const pool = makePool({ maxWorkers: 1 });
    const flooded = pool.script(
      `${WRITTEN} export default () => { written(2, Buffer.alloc(${4 * MIB}, 255)); return 1; }`,
    );
    expect((await flooded.done).result.status).toBe("completed");
    expect(decoded).toBe(0);
    const died = pool.script(
      `${WRITTEN} export default async () => { written(2, Buffer.alloc(${MIB}, 255)); await Bun.sleep(20); written(2, Buffer.from("\\npanic: the end\\n")); process.kill(process.pid, "SIGKILL"); await new Promise(() => {}); }`,
      { kind: scriptKind({ effects: "once" }) },
    );
    expect(messageOf(await died.done)).toContain("panic: the end");
    expect(decoded).toBeGreaterThan(0);
    expect(decoded).toBeLessThanOrEqual(LAST_WORDS_BYTES);
  });
});
