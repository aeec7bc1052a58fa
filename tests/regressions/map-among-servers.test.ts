/**
 * A map on one of several servers: it handed out no more chunks than its server had workers when it began,
 * which are few where it had nothing to do, and so never got more; and chunks that a dead server left
 * waited for ever, since no other took lists on.
 */

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { kill } from "../support/processes.ts";
import { Place } from "../support/server-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(60_000);
const clients = lineClients(afterEach);

/** Says that it runs, and waits until three do. */
const MEET = [
  "sh",
  "-c",
  "touch at_$$; for n in $(seq 100); do [ $(ls at_* | wc -l) = 3 ] && exit 0; sleep 0.05; done; exit 1",
];
const SLEEP = "export default (ms: number) => Bun.sleep(ms);";

async function two() {
  const place = new Place({ env: { FLOW_BALANCER_POOL_MAX_WORKERS: "4" } });
  const pair = [clients.start(place), clients.start(place)] as const;
  await Promise.all(pair.map((client) => client.initialize()));
  for (const client of pair)
    await until("each has its part of the workers", async () => {
      const { pool } = await client.ask("pool_status");
      return pool.max_workers === 2;
    });
  return pair;
}

test("gets the workers that another server has no use for", async () => {
  const [client] = await two();
  const { status } = await client.ask("map_task", {
    kind: "shell",
    items: Array.from({ length: 3 }, () => ({ argv: MEET })),
    chunk: 1,
  });
  expect(status).toBe("completed");
});

test("what a dead server had handed out is ended by another", async () => {
  const [dying, living] = await two();
  const items = Array.from({ length: 8 }, () => ({ code: SLEEP, args: 200 }));
  dying.send("tools/call", {
    name: "map_task",
    arguments: { kind: "script", items, chunk: 4 },
  });
  const lists = async (): Promise<Message[]> =>
    (await living.ask("list_tasks", { kind: "script[]" })).tasks;
  await until("it to run", async () =>
    (await lists()).some(({ status }) => status === "running"),
  );
  kill(dying.pid);
  await until("all to have ended", async () =>
    (await lists()).every(({ status }) => status === "completed"),
  );
});
