/** Drained and killed for real: processes end, and what was saved of sessions goes on elsewhere. */

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import type { SessionId } from "../../flow-balancer/core/ids.ts";
import { livingProcess } from "../support/processes.ts";
import { pools } from "../support/pool-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

/** Adds one to what its session knows, and says so as soon as it may end. */
const COUNT = `import { existsSync } from "node:fs"; export default async (_: null, ctx: any) => {
  const n = (ctx.session.state.get("n") ?? 0) + 1;
  ctx.session.state.set("n", n);
  ctx.log("up");
  while (!existsSync("go")) await Bun.sleep(5);
  return [n, process.pid];
}`;

test("a drained session's worker ends after its task; the next one goes on from its state", async () => {
  let saved = { version: 0, json: "{}" };
  const it = newPool(
    { maxWorkers: 2, spareWorkers: 0 },
    { sessionState: () => saved },
  );
  const begun = Promise.withResolvers<void>();
  const observer = {
    log: () => begun.resolve(),
    stateChanged: (json: string, base: number): boolean => {
      saved = { version: base + 1, json };
      return true;
    },
  };
  const count = () => it.script(COUNT, { session: "s", observer });
  const first = count();
  await begun.promise;
  expect(it.pool.tiers.steer("hot", { drain: true })).toBe(1);
  expect(it.pool.tiers.control("hot").draining).toBe(true);
  await Bun.write(`${it.folder}/go`, "");
  const [n, pid] = JSON.parse((await first.done).result.valueJson ?? "");
  expect(n).toBe(1);
  await until("its end", () => !it.pool.tiers.control("hot").draining);
  expect(livingProcess(pid)).toBeNull();
  const [next, otherPid] = JSON.parse(
    (await count().done).result.valueJson ?? "",
  );
  expect(next).toBe(2);
  expect(otherPid).not.toBe(pid);
  it.pool.releaseSession("s" as SessionId);
});

test("a spinning worker is killed, its task runs again elsewhere, and another takes its place", async () => {
  const it = newPool({ maxWorkers: 2, spareWorkers: 1 });
  it.pool.warm();
  await it.idle(1);
  const run = it.script(
    `import { existsSync, writeFileSync } from "node:fs";
    export default () => { if (existsSync("up")) return "again"; writeFileSync("up", ""); for (;;); }`,
  );
  await until("it to spin", () => existsSync(`${it.folder}/up`));
  const [victim] = it.pool.status().workers;
  expect(it.pool.tiers.kill(victim!.id)).toHaveLength(1);
  const { result, execution } = await run.done;
  expect(result).toMatchObject({ valueJson: '"again"' });
  expect(execution).toMatchObject({ deaths: 1 });
  expect(execution?.worker).not.toBe(victim!.id);
  expect(livingProcess(victim!.pid)).toBeNull();
  await it.idle(2);
});
