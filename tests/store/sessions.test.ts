import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { truncateSync, unlinkSync, utimesSync } from "node:fs";
import type { HolderId } from "../../flow-balancer/core/ids.ts";
import { id, json, sessionDesk } from "./session-desk.ts";

const newDesk = sessionDesk(afterEach);
const DAY = 86_400_000;
/** In the row as text, in the row packed, in a file. */
const SIZES = [10, 5_000, 100_000, 1_000_000];

describe("what a session remembers", () => {
  test("is there again for whoever opens the home next, whatever its size", async () => {
    const desk = newDesk();
    for (const size of SIZES) {
      const { id: session } = await desk.sessions.open("mine");
      expect(await desk.sessions.load(session)).toEqual({
        version: 0,
        json: "{}",
        damage: null,
      });
      expect(await desk.sessions.save(session, json(size, "ü"), 0)).toBe(1);
      expect(await desk.beside().load(session)).toEqual({
        version: 1,
        json: json(size, "ü"),
        damage: null,
      });
    }
    expect(desk.files()).toHaveLength(2);
    expect(await desk.sessions.load(id("session_nope"))).toBeNull();
  });

  test("is saved by one of two that changed it; the other is told both versions, and nothing of it is kept", async () => {
    const desk = newDesk();
    const other = desk.beside();
    const { id: session } = await desk.sessions.open(null);
    await desk.sessions.save(session, '{"n":1}', 0);
    const answers = await Promise.allSettled([
      desk.sessions.save(session, '{"n":2}', 1),
      other.save(session, '{"n":3}', 1),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([
      "fulfilled",
      "rejected",
    ]);
    expect(answers.find(({ status }) => status === "rejected")).toMatchObject({
      reason: {
        code: "VERSION_CONFLICT",
        message: expect.stringMatching(/from version 1, and version 2/),
      },
    });
    const kept = answers[0].status === "fulfilled" ? '{"n":2}' : '{"n":3}';
    expect(await other.load(session)).toMatchObject({ version: 2, json: kept });
    // A refused save harms no other of its transaction.
    const { id: second } = await desk.sessions.open(null);
    const together = await Promise.allSettled([
      desk.sessions.save(session, "{}", 0),
      desk.sessions.save(second, "{}", 0),
    ]);
    expect(together.map(({ status }) => status)).toEqual([
      "rejected",
      "fulfilled",
    ]);
  });

  test("is not saved for a closed session or one there is not; one that outlives its connection is made", async () => {
    const { sessions } = newDesk();
    const { id: session } = await sessions.open(null);
    await sessions.close(session);
    const unknown = id("connection_client");
    await expect(sessions.save(session, "{}", 0)).rejects.toMatchObject({
      code: "SESSION_CLOSED",
    });
    await expect(sessions.save(unknown, "{}", 0)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    expect(await sessions.save(unknown, '{"a":1}', 0, { create: true })).toBe(
      1,
    );
    expect(await sessions.save(unknown, '{"a":2}', 1, { create: true })).toBe(
      2,
    );
    expect(await sessions.load(unknown)).toMatchObject({
      version: 2,
      json: '{"a":2}',
    });
    await expect(
      sessions.save(id("connection_x"), "{}", 3, { create: true }),
    ).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
  });

  test("is not saved for a task that another instance has by now", async () => {
    const desk = newDesk();
    const { id: session } = await desk.sessions.open(null);
    const lease = desk.task({ session, holder: "instance_1" as HolderId });
    await expect(
      desk.sessions.save(session, "{}", 0, { lease: { ...lease, fence: 0 } }),
    ).rejects.toMatchObject({ code: "NOT_OWNER" });
    const ended = desk.task({ session, state: "completed", holder: null });
    await expect(
      desk.sessions.save(session, "{}", 0, { lease: ended }),
    ).rejects.toMatchObject({ code: "NOT_OWNER" });
    expect(await desk.sessions.save(session, "{}", 0, { lease })).toBe(1);
  });

  test("whoever saves, in whatever order: the version counts the saves, and the newest is what is loaded", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            by: fc.nat(1),
            back: fc.nat(2),
            size: fc.constantFrom(...SIZES.slice(0, 3)),
          }),
          { maxLength: 12 },
        ),
        async (saves) => {
          const desk = newDesk();
          const stores = [desk.sessions, desk.beside()];
          const { id: session } = await desk.sessions.open(null);
          const kept = ["{}"];
          for (const [n, { by, back, size }] of saves.entries()) {
            const expected = kept.length - 1 - back;
            const text = json(size, String(n));
            const saved = await stores[by]!.save(session, text, expected).catch(
              (thrown: Error) => thrown.message,
            );
            if (back === 0) kept.push(text);
            expect(saved).toEqual(
              back === 0
                ? kept.length - 1
                : expect.stringContaining("was not saved"),
            );
            expect(await stores[1 - by]!.load(session)).toMatchObject({
              version: kept.length - 1,
              json: kept.at(-1),
            });
          }
          // The present generation and the one before.
          expect(desk.files().length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe("a damaged state", () => {
  test.each(SIZES.slice(1))(
    "of %d characters: the version before is given, and said to be; a save goes on from there",
    async (size) => {
      const desk = newDesk();
      const { id: session } = await desk.sessions.open(null);
      await desk.sessions.save(session, json(size, "a"), 0);
      const before = desk.files();
      await desk.sessions.save(session, json(size, "b"), 1);
      damagePresent(desk, before);
      const loaded = await desk.sessions.load(session);
      expect(loaded).toMatchObject({
        version: 2,
        json: json(size, "a"),
        damage: expect.stringMatching(/version 2.* damaged/),
      });
      // What is damaged does not take the place of what is not.
      expect(await desk.sessions.save(session, json(size, "c"), 2)).toBe(3);
      expect(await desk.sessions.load(session)).toMatchObject({
        json: json(size, "c"),
        damage: null,
      });
      damagePresent(desk, before);
      expect(await desk.sessions.load(session)).toMatchObject({
        version: 3,
        json: json(size, "a"),
      });
    },
  );

  test("with a damaged one before it is refused, naming both", async () => {
    const desk = newDesk();
    const { id: session } = await desk.sessions.open(null);
    await desk.sessions.save(session, json(50_000, "a"), 0);
    await desk.sessions.save(session, json(50_000, "b"), 1);
    damagePresent(desk, []);
    await expect(desk.sessions.load(session)).rejects.toMatchObject({
      code: "PAYLOAD_DAMAGED",
      message: expect.stringMatching(/version 2.*the version before/),
    });
  });

  const damagePresent = (
    { store, files }: ReturnType<typeof newDesk>,
    spared: string[],
  ): void => {
    for (const path of files())
      if (!spared.includes(path)) truncateSync(path, 30);
    store.raw.run(
      "UPDATE sessions SET state = substr(state, 1, length(state) - 1) WHERE state IS NOT NULL",
    );
  };
});

describe("what is not needed any more goes", () => {
  test("blobs of older generations at once, sessions and their blobs after 30 days closed or unused", async () => {
    const desk = newDesk();
    const [used, closed, unused] = await Promise.all(
      [1, 2, 3].map(() => desk.sessions.open(null)),
    );
    for (const { id: session } of [used!, closed!, unused!])
      for (let version = 0; version < 4; version++)
        await desk.sessions.save(
          session,
          json(50_000, `${session}${version}`),
          version,
        );
    expect(desk.files()).toHaveLength(6);
    await desk.sessions.close(closed!.id);
    desk.env.advance(29 * DAY);
    await desk.sessions.touch(used!.id);
    expect(await desk.sessions.expire()).toBe(0);
    desk.env.advance(2 * DAY);
    expect(await desk.sessions.expire()).toBe(2);
    expect(desk.files()).toHaveLength(2);
    expect(await desk.sessions.get(unused!.id)).toBeNull();
    expect(await desk.sessions.load(used!.id)).toMatchObject({
      version: 4,
      damage: null,
    });
  });

  test("not a blob that another session names, nor a young one that may be about to be named", async () => {
    const desk = newDesk();
    const [one, other] = [
      await desk.sessions.open(null),
      await desk.sessions.open(null),
    ];
    for (const { id: session } of [one, other])
      await desk.sessions.save(session, json(50_000), 0);
    await desk.sessions.save(one.id, "{}", 1);
    await desk.sessions.save(one.id, "{}", 2);
    expect(await desk.sessions.load(other.id)).toMatchObject({
      json: json(50_000),
      damage: null,
    });
    const [young, old] = [
      await desk.blobs.write(Buffer.from("young")),
      await desk.blobs.write(Buffer.from("old")),
    ];
    const now = desk.env.now() / 1_000;
    for (const path of desk.files())
      utimesSync(path, now, path.endsWith(old) ? now - 3_700 : now);
    await desk.sessions.expire();
    const left = new Set(desk.files().map((path) => path.slice(-64)));
    expect([left.has(young), left.has(old)]).toEqual([true, false]);
  });

  test("a blob that was cleared away before its row could name it is written again", async () => {
    const desk = newDesk();
    const { id: session } = await desk.sessions.open(null);
    const stored = await desk.sessions.prepare(json(50_000));
    for (const path of desk.files()) unlinkSync(path);
    expect(await desk.sessions.saveStored(session, stored, 0, {})).toBe(1);
    expect(await desk.sessions.load(session)).toMatchObject({
      json: json(50_000),
      damage: null,
    });
  });

  test("a use is written at most every ten seconds", async () => {
    const desk = newDesk();
    const { id: session } = await desk.sessions.open(null);
    const changes = () =>
      desk.store.raw
        .query<{ n: number }, []>("SELECT total_changes() AS n")
        .get()!.n;
    const before = changes();
    for (let n = 0; n < 100; n++) {
      await desk.sessions.touch(session);
      desk.env.advance(200);
    }
    expect(changes() - before).toBe(2);
  });
});
