import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { moduleKind, pools } from "../support/pool-under-test.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

test("of tasks that share a worker and take their time, the first is answered while the others still run", async () => {
  const it = newPool({ maxWorkers: 1, spareWorkers: 1 });
  const path = `${it.folder}/busy.ts`;
  await Bun.write(
    path,
    `export default { kind: "busy", input: { "~standard": { validate: (value) => ({ value }) } }, run(ms) {
      const until = performance.now() + ms;
      while (performance.now() < until);
      return ms;
    } };`,
  );
  const kind = moduleKind("busy", path, { inFlight: 8 });
  // The first loads the module; only then do others join.
  await it.task("0", kind).done;
  const runs = Array.from({ length: 8 }, () => it.task("40", kind));
  await runs[0]?.done;
  // Were they answered together, none would be left by now.
  expect(it.pool.status().workers[0]?.tasksInFlight).toBeGreaterThan(0);
  for (const { done } of runs)
    expect((await done).result).toMatchObject({
      status: "completed",
      valueJson: "40",
    });
});
