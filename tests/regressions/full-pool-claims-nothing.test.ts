import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../flow-balancer/config.ts";
import { instanceId, type SessionId } from "../../flow-balancer/core/ids.ts";
import { type Claimed, PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import type { Dispatcher } from "../../flow-balancer/dispatcher.ts";
import { HomeSharing } from "../../flow-balancer/home-sharing.ts";
import { KindRegistry } from "../../flow-balancer/pool/kind-registry.ts";
import type { OpenTo } from "../../flow-balancer/pool/tier-steering.ts";
import type { MultiTierPoolManager } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import { newQueue, request } from "../support/queue-under-test.ts";
import { until } from "../support/until.ts";

const MAX_WAITING = 2;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "flow-balancer-full-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** A server whose pool has one worker and two waiting places, and which gives back what it cannot place. */
function sharing() {
  const rig = newQueue();
  const { env, store, queue } = rig;
  const state = { waiting: MAX_WAITING, claims: 0, placed: 0 };
  const held = { size: 0, adopted: 0 };
  let open: OpenTo = { inSessions: true, inNone: true, stuck: 0 };
  const adopt = ({ lease }: Claimed): void => {
    state.claims++;
    if (state.waiting < MAX_WAITING) state.placed++;
    else void queue.release(lease).then(() => server.nudge());
  };
  const server = new HomeSharing({
    id: instanceId("full"),
    env,
    home,
    store,
    queue,
    pool: {
      maxWorkers: 1,
      status: () => ({ waiting: state.waiting }),
      tiers: {
        get open() {
          return open;
        },
      },
    } as unknown as MultiTierPoolManager,
    kinds: new KindRegistry([], 1_000),
    dispatcher: { adopt, held } as unknown as Dispatcher,
    log: () => {},
    config: { pool: { maxWorkers: 1, maxWaiting: MAX_WAITING } } as Config,
    transport: "stdio",
    onDead: async () => {},
  });
  const opens = (to: OpenTo): void => void (open = to);
  return { ...rig, state, held, opens, server };
}

test("a server whose waiting places are all taken claims nothing, and does once one is free", async () => {
  const { queue, state, server } = sharing();
  await queue.record(request(), PLAIN_TERMS);
  server.nudge();
  await Bun.sleep(20);
  expect(state.claims).toBe(0);
  state.waiting--;
  server.roomAgain();
  await until("its claim", () => state.claims > 0);
  expect(state).toMatchObject({ claims: 1, placed: 1 });
  await server.quiet();
});

test("tasks that wait for a person take nobody's place: those that could begin are claimed, the others left", async () => {
  const { queue, state, held, opens, server } = sharing();
  state.waiting = 0;
  await queue.record(request({ session: "s" as SessionId }), PLAIN_TERMS);
  await queue.record(request(), PLAIN_TERMS);
  Object.assign(held, { size: 2, adopted: 2 });
  opens({ inSessions: false, inNone: false, stuck: 2 });
  server.nudge();
  await Bun.sleep(20);
  expect(state.claims).toBe(0);
  opens({ inSessions: false, inNone: true, stuck: 2 });
  server.nudge();
  await until("its claim", () => state.claims > 0);
  await Bun.sleep(20);
  expect(state.claims).toBe(1);
  opens({ inSessions: true, inNone: true, stuck: 0 });
  Object.assign(held, { size: 0, adopted: 0 });
  server.nudge();
  await until("the other", () => state.claims === 2);
  await server.quiet();
});
