import { afterEach, describe, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import type { HolderId, SessionId } from "../../flow-balancer/core/ids.ts";
import type { Lease } from "../../flow-balancer/core/queue.ts";
import { SessionEvents } from "../../flow-balancer/store/session-events.ts";
import { SessionStates } from "../../flow-balancer/store/session-states.ts";
import type { StateChange } from "../../flow-balancer/store/state-change.ts";
import { id, json, sessionDesk } from "./session-desk.ts";

const newDesk = sessionDesk(afterEach);
const held = { holder: "instance_1" as HolderId };

const saving = async (change: StateChange, lease: Lease) =>
  (await change.saveWith(lease, async () => null)).refused;

async function newStates() {
  const desk = newDesk();
  const forgotten: SessionId[] = [];
  const damages: string[] = [];
  const states = new SessionStates({
    sessions: desk.sessions,
    outlives: (session) => session === "connection_client",
    forget: (session) => forgotten.push(session),
    onDamage: (_, damage) => damages.push(damage),
  });
  const { id: session } = await desk.sessions.open(null);
  const seen = (of = session) => {
    const state = states.current(of);
    return state && [state.version, state.json];
  };
  return { ...desk, states, forgotten, damages, session, seen };
}

describe("what the next worker is given", () => {
  test("is a change from when it was made, before it is on disk", async () => {
    const it = await newStates();
    expect(it.seen()).toEqual([0, "{}"]);
    const first = it.states.changed(it.session, '{"n":1}', 0);
    const second = it.states.changed(it.session, '{"n":2}', 1);
    expect([first.isRefused, second.isRefused]).toEqual([false, false]);
    expect(it.seen()).toEqual([2, '{"n":2}']);
    const lease = it.task(held);
    let settles = 0;
    const settle = async () => ++settles;
    const saved = [
      first.saveWith(lease, settle),
      second.saveWith(lease, settle),
    ];
    expect(await Promise.all(saved)).toEqual([
      { settled: 1, refused: null },
      { settled: 2, refused: null },
    ]);
    // Asked again, it is not saved again.
    expect(await first.saveWith(lease, settle)).toMatchObject({
      refused: null,
    });
    expect(it.seen()).toEqual([2, '{"n":2}']);
    expect(await it.beside().load(it.session)).toMatchObject({
      version: 2,
      json: '{"n":2}',
    });
    expect(it.forgotten).toEqual([]);
  });

  test("is as it was left also where it is large: it is on disk before its task is settled", async () => {
    const it = await newStates();
    const change = it.states.changed(it.session, json(100_000), 0);
    const lease = it.task(held);
    const settle = () =>
      it.store.commit.write(() => {
        it.store.raw.run("UPDATE tasks SET holder = NULL");
        return it.files().length;
      });
    expect(await change.saveWith(lease, settle)).toEqual({
      settled: 1,
      refused: null,
    });
    expect(await it.beside().load(it.session)).toMatchObject({ version: 1 });
  });

  test("is what another process saved, as soon as it has", async () => {
    const it = await newStates();
    const other = it.beside();
    await other.save(it.session, '{"by":"other"}', 0);
    const state = it.states.current(it.session)!;
    expect(state.version).toBe(1);
    await other.save(it.session, '{"by":"other again"}', 1);
    // Read later than its number was: the number is the one of what was read.
    expect([state.json, state.version]).toEqual(['{"by":"other again"}', 2]);
  });

  test("is nothing for a session of a connection, and an empty state for one that outlives it", async () => {
    const it = await newStates();
    expect(it.seen(id("connection_1"))).toBeNull();
    expect(it.seen(id("connection_client"))).toEqual([0, "{}"]);
    const change = it.states.changed(id("connection_client"), '{"n":1}', 0);
    expect(await saving(change, it.task(held))).toBeNull();
    expect(it.seen(id("connection_client"))).toEqual([1, '{"n":1}']);
  });

  test("is the generation before where the present one is damaged, and that is said", async () => {
    const it = await newStates();
    await it.sessions.save(it.session, json(50_000, "a"), 0);
    const spared = it.files();
    await it.sessions.save(it.session, json(50_000, "b"), 1);
    for (const path of it.files())
      if (!spared.includes(path)) truncateSync(path, 100);
    expect(it.seen()).toEqual([2, json(50_000, "a")]);
    expect(it.damages).toEqual([expect.stringContaining("version 2")]);
    for (const path of it.files()) truncateSync(path, 100);
    expect(() => it.states.current(it.session)!.json).toThrow(/damaged/);
  });
});

describe("a change is refused", () => {
  test("at once, where another worker of this process was first: nothing else is touched", async () => {
    const it = await newStates();
    const first = it.states.changed(it.session, '{"n":1}', 0);
    const late = it.states.changed(it.session, '{"n":9}', 0);
    const built = it.states.changed(it.session, '{"n":10}', -1);
    expect([first.isRefused, late.isRefused, built.isRefused]).toEqual([
      false,
      true,
      true,
    ]);
    const lease = it.task(held);
    expect(await saving(late, lease)).toMatch(
      /from version 0, and another worker has made version 1/,
    );
    expect(await saving(built, lease)).toMatch(/from a state that was refused/);
    expect(it.seen()).toEqual([1, '{"n":1}']);
    expect(await saving(first, lease)).toBeNull();
    expect(it.forgotten).toEqual([]);
  });

  test("when it is saved, where another process was first: with it all that was built on it", async () => {
    const it = await newStates();
    const first = it.states.changed(it.session, '{"n":1}', 0);
    const second = it.states.changed(it.session, '{"n":2}', 1);
    await it.beside().save(it.session, '{"by":"other"}', 0);
    const lease = it.task(held);
    const answers = await Promise.all([
      saving(first, lease),
      saving(second, lease),
    ]);
    expect(answers).toEqual([
      expect.stringContaining("version 1 is saved"),
      "it was made from a change that was not saved",
    ]);
    expect(it.forgotten).toContain(it.session);
    expect(it.seen()).toEqual([1, '{"by":"other"}']);
    expect(it.states.changed(it.session, '{"n":3}', 1).isRefused).toBe(false);
  });

  test("where the task is another instance's by now", async () => {
    const it = await newStates();
    const change = it.states.changed(it.session, '{"n":1}', 0);
    expect(await saving(change, { ...it.task(held), fence: 0 })).toContain(
      "another's by now",
    );
    expect(it.seen()).toEqual([0, "{}"]);
    expect(it.forgotten).toEqual([it.session]);
  });

  test("and that is found in the task's output, behind what it printed, and among the events", async () => {
    const it = await newStates();
    const events = new SessionEvents(it.store, it.env);
    const [silent, loud] = [it.task(held), it.task(held)];
    it.store.raw.run("INSERT INTO task_outputs VALUES (?, 'printed', 7, 0)", [
      loud.id,
    ]);
    for (const { id: task } of [silent, loud])
      await events.refused(task, it.session, "why not");
    await events.damaged(it.session, "cut off");
    expect(
      it.store.raw
        .query(
          "SELECT task_id, text, bytes_seen FROM task_outputs ORDER BY bytes_seen",
        )
        .values(),
    ).toEqual([
      [silent.id, "session state: why not\n", 23],
      [loud.id, "printed\nsession state: why not\n", 30],
    ]);
    expect(
      it.store.raw
        .query("SELECT type, task_id FROM events ORDER BY seq")
        .values(),
    ).toEqual([
      ["session_state.refused", silent.id],
      ["session_state.refused", loud.id],
      ["session_state.damaged", null],
    ]);
  });
});
