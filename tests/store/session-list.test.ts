import { afterEach, expect, test } from "bun:test";
import type { HolderId } from "../../flow-balancer/core/ids.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";
import { listSessions } from "../../flow-balancer/store/session-list.ts";
import { id, json, sessionDesk } from "./session-desk.ts";

const newDesk = sessionDesk(afterEach);
const MINUTE = 60_000;
const holder = "instance_1" as HolderId;

test("sessions with their state, how much they do, and their mode; the last used first", async () => {
  const desk = newDesk();
  const { sessions, env, store, task } = desk;
  const open = async (name: string) => (await sessions.open(name)).id;
  const [steady, rushed, silent, shut] = [
    await open("steady"),
    await open("rushed"),
    await open("silent"),
    await open("shut"),
  ];
  await sessions.save(rushed, json(1_000), 0);
  await sessions.close(shut);
  const submit = (session: string, count: number, more: object = {}) => {
    for (let n = 0; n < count; n++)
      task({ session: id(session), state: "completed", ...more });
  };
  env.advance(5 * MINUTE);
  for (let minute = 0; minute < 10; minute++) {
    submit(steady, 4);
    submit(rushed, 4);
    env.advance(MINUTE);
  }
  submit(steady, 4);
  submit(rushed, 40);
  submit("connection_1", 1, { state: "queued", holder });
  submit(shut, 1);
  env.advance(10);
  const listed = listSessions(store.raw, env.now());
  expect(
    listed.map(({ name, mode, tasksPerMinute, inFlight }) => [
      name,
      mode,
      tasksPerMinute,
      inFlight,
    ]),
  ).toEqual(
    [
      [null, "warming", 1, 1],
      ["steady", "flowing", 4, 0],
      ["rushed", "surging", 40, 0],
      ["silent", "resting", 0, 0],
    ].sort((a, b) => order(listed, a) - order(listed, b)) as never,
  );
  expect(listed.at(-1)!.id).toBe(silent);
  expect(listed.find((it) => it.id === rushed)).toMatchObject({
    version: 1,
    bytes: 1_011,
    lastUsedAt: env.now() - 10,
  });
  expect(listed.find((it) => it.name === null)).toMatchObject({
    id: "connection_1",
    openedAt: null,
    version: 0,
  });
  const all = listSessions(store.raw, env.now(), { closed: true });
  expect(all.find((it) => it.id === shut)?.mode).toBe("closed");
  expect(all).toHaveLength(5);
});

const order = (
  listed: readonly { name: string | null }[],
  [name]: readonly unknown[],
): number => listed.findIndex((it) => it.name === name);

test("a task that runs for hours keeps its session from resting; the board's tasks are not its load", async () => {
  const { sessions, env, store, task } = newDesk();
  const { id: session } = await sessions.open(null);
  const { id: other } = await sessions.open(null);
  task({ session, holder });
  task({ session: other, holder, queue: "board" });
  env.advance(180 * MINUTE);
  const modes = new Map(
    listSessions(store.raw, env.now()).map((it) => [it.id, it.mode]),
  );
  expect(modes.get(session)).toBe("warming");
  expect(modes.get(other)).toBe("resting");
});

test("with more tasks than are read, the rate is of the time that was", async () => {
  const { sessions, env, store } = newDesk();
  const { id: session } = await sessions.open(null);
  const start = env.now();
  env.advance(20 * MINUTE);
  const insert = store.raw.prepare(
    "INSERT INTO tasks (id, kind, input, session, priority, state, attempt, fence, submitted_at) VALUES (?, 'k', '{}', ?, 0, 'completed', 1, 1, ?)",
  );
  // 2,400 a minute, then twice as many.
  store.raw.transaction(() => {
    for (let n = 0; n < 9_600; n++)
      insert.run(`a${n}`, session, start + 15 * MINUTE + n * 25);
    for (let n = 0; n < 2_400; n++)
      insert.run(`b${n}`, session, start + 19 * MINUTE + n * 25);
  })();
  const [listed] = listSessions(store.raw, env.now() as EpochMs);
  expect(listed).toMatchObject({ mode: "flowing", tasksPerMinute: 2_399 });
});
