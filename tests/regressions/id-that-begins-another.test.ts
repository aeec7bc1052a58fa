import { afterEach, expect, test } from "bun:test";
import { PoolUnderTest } from "../support/pool-under-test.ts";
import { kill } from "../support/processes.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";

const it = new PoolUnderTest({ maxWorkers: 2, cancelGraceMs: 100 });
afterEach(async () => {
  await it.pool.close(0);
  for (const { pid } of it.living()) kill(pid);
});

test("a task that is cancelled takes no command of a task along whose id begins as its own does", async () => {
  const id = `task_${process.pid}_1`;
  const other = await it.held("go", { id: `${id}0` as TaskId });
  // Deaf to SIGTERM: ended the hard way.
  const begun = Promise.withResolvers<void>();
  const doomed = it.shell(
    ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"],
    {
      id: id as TaskId,
      observer: { output: () => begun.resolve() },
    },
  );
  await begun.promise;
  doomed.cancel();
  expect((await doomed.done).result.status).toBe("cancelled");
  other.release();
  expect((await other.run.done).result.status).toBe("completed");
});
