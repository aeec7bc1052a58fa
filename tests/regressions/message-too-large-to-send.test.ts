import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { pools } from "../support/pool-under-test.ts";

setDefaultTimeout(60_000);

const makePool = pools(afterEach);

test("a message of a task's own beyond 1 MiB is refused where it is sent; one below it goes", async () => {
  const { done } = makePool({ maxWorkers: 1 }).script(
    `const said = (message) => { try { return process.send(message); } catch (thrown) { return thrown.name + ": " + thrown.message; } };
    export default () => [
      said("x".repeat(1_100_000)), said({ deep: [{ text: "x".repeat(1_100_000) }] }), said(new Uint8Array(1_100_000)),
      said("x".repeat(1_000_000)), said({ type: "hello" }),
    ];`,
  );
  const { result } = await done;
  const refused = expect.stringMatching(
    /^RangeError: .*larger than 1,048,576 bytes/,
  );
  expect(
    result.status === "completed" ? JSON.parse(result.valueJson) : result,
  ).toEqual([refused, refused, refused, true, true]);
});
