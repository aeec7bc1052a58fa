import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { until } from "../../support/until.ts";
import { EventClient } from "./event-client.ts";
import type { FakeWatch } from "./fake-watch.ts";
import { BEARER, codeOf, HttpUnderTest } from "./http-under-test.ts";

let http: HttpUnderTest;
beforeEach(() => {
  http = new HttpUnderTest();
});
afterEach(() => http.stop());

const listeners = () => http.watch.listeners.size;
const idsOf = (client: EventClient): string[] =>
  client.events.map(({ data }) =>
    (data as { changed: { task_id: string }[] }).changed
      .map((it) => it.task_id)
      .join(),
  );

describe("a client", () => {
  test("gets each event with a growing id, and all of them the same", async () => {
    const clients = [
      await EventClient.open(http),
      await EventClient.open(http),
    ];
    expect(listeners()).toBe(1);
    http.watch.emit({ type: "overview", data: await http.watch.overview() });
    http.watch.emit({ type: "audit", data: http.watch.audited() });
    http.watch.change("a\nb");
    for (const client of clients) {
      expect(await client.types(3)).toEqual(["overview", "audit", "tasks"]);
      expect(client.events[0]?.data).toEqual(await http.watch.overview());
      expect(client.events[2]?.data).toMatchObject({
        changed: [{ task_id: "a\nb" }],
      });
      const ids = client.events.map(({ id }) => id);
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect(new Set(ids).size).toBe(3);
    }
  });

  test("hears every 5 s that the line is there", async () => {
    const client = await EventClient.open(http);
    for (let beats = 1; beats <= 3; beats++) {
      http.env.advance(5_000);
      await until("a beat", () => client.comments === beats);
    }
  });

  test("that only looks opens no stream", async () => {
    const head = await fetch(`${http.origin}/events`, {
      method: "HEAD",
      headers: BEARER,
    });
    expect(head.status).toBe(200);
    expect(listeners()).toBe(0);
  });

  test("that went is forgotten, and after a while nobody listens", async () => {
    const client = await EventClient.open(http);
    client.hangUp();
    await until("it is gone", () => http.app.streams() === 0);
    http.env.advance(29_999);
    expect(listeners()).toBe(1);
    http.env.advance(1);
    expect(listeners()).toBe(0);
    expect(http.env.waiting).toBe(0);
  });
});

describe("one that comes back", () => {
  test("gets what it missed, once, and goes on", async () => {
    const first = await EventClient.open(http);
    http.watch.change("1");
    await first.types(1);
    first.hangUp();
    await until("it is gone", () => http.app.streams() === 0);
    http.watch.change("2");
    http.watch.change("3");
    const second = await EventClient.open(http, first.lastId);
    http.watch.change("4");
    await second.types(3);
    expect(idsOf(second)).toEqual(["2", "3", "4"]);
  });

  test("before the first event missed nothing either", async () => {
    const first = await EventClient.open(http);
    await until("an id", () => first.lastId !== "");
    first.hangUp();
    http.watch.change("1");
    const second = await EventClient.open(http, first.lastId);
    await second.types(1);
    expect(idsOf(second)).toEqual(["1"]);
  });

  test("gets of what shows the whole only the newest", async () => {
    const first = await EventClient.open(http);
    await until("an id", () => first.lastId !== "");
    for (let at = 1; at <= 3; at++) {
      http.watch.emit({
        type: "overview",
        data: { ...(await http.watch.overview()), at },
      });
      http.watch.change(String(at));
    }
    const second = await EventClient.open(http, first.lastId);
    expect(await second.types(4)).toEqual([
      "tasks",
      "tasks",
      "overview",
      "tasks",
    ]);
    expect(second.events[2]?.data).toMatchObject({ at: 3 });
  });

  test.each([
    [
      "too late: too much happened",
      () => {
        for (let i = 0; i < 600; i++) http.watch.change(String(i));
      },
    ],
    ["too late: nobody listened meanwhile", () => http.env.advance(30_000)],
    [
      "too late: it would be more than a client may leave unread",
      () => {
        const title = "x".repeat(100_000);
        const changed = [{ ...http.watch.row(), title }];
        for (let i = 0; i < 15; i++)
          http.watch.emit({ type: "tasks", data: { changed, more: false } });
      },
    ],
  ])("%s, is told to fetch anew", async (_why, happens) => {
    const first = await EventClient.open(http);
    http.watch.change("0");
    await first.types(1);
    first.hangUp();
    await until("it is gone", () => http.app.streams() === 0);
    happens();
    const second = await EventClient.open(http, first.lastId);
    http.watch.change("new");
    expect(await second.types(2)).toEqual(["reset", "tasks"]);
    const third = await EventClient.open(http, second.lastId);
    http.watch.change("newer");
    expect(await third.types(1)).toEqual(["tasks"]);
  });

  test.each(["0", "x", "-1", "99999999999999999", "9007199254740993", "1e3"])(
    "with an id of somebody else (%s), too",
    async (id) => {
      const client = await EventClient.open(http, id);
      expect(await client.types(1)).toEqual(["reset"]);
    },
  );

  test("after the server was started anew, too", async () => {
    const client = await EventClient.open(http);
    http.watch.change("1");
    await client.types(1);
    await using stack = new AsyncDisposableStack();
    const later = new HttpUnderTest();
    stack.defer(() => later.stop());
    const back = await EventClient.open(later, client.lastId);
    http.watch.change("2");
    expect((await back.types(1)).at(0)).toBe("reset");
  });
});

describe("limits:", () => {
  test("the 51st stream is refused, and a place is free again once one went", async () => {
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => EventClient.open(http)),
    );
    const refused = await http.ask("/events");
    expect([refused.status, await codeOf(refused)]).toEqual([
      503,
      "TOO_MANY_STREAMS",
    ]);
    clients[0]?.hangUp();
    await until("it is gone", () => http.app.streams() === 49);
    await EventClient.open(http);
  });

  test("a client that does not read is dropped with a word, and the others go on", async () => {
    const socket = connect(http.port, "127.0.0.1");
    socket.pause();
    let wasClosed = false;
    socket.on("close", () => (wasClosed = true));
    socket.write(
      `GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${BEARER.Authorization}\r\n\r\n`,
    );
    await until("it listens", () => listeners() === 1);
    const reader = await EventClient.open(http);
    const rows = Array.from({ length: 200 }, () => ({
      ...http.watch.row(),
      title: "x".repeat(1_000),
    }));
    let sent = 0;
    await until("it is dropped", async () => {
      http.watch.emit({ type: "tasks", data: { changed: rows, more: false } });
      sent++;
      await reader.types(sent);
      return http.complaints.length > 0;
    });
    expect(http.complaints).toEqual([
      expect.stringContaining("left 1 MiB unread and was dropped"),
    ]);
    http.watch.change("on");
    await reader.types(sent + 1);
    socket.resume();
    await until("it is closed", () => wasClosed, 10_000);
  });

  test("a server that stops ends its streams", async () => {
    const client = await EventClient.open(http);
    http.app.close();
    await until("it is over", () => client.isOver);
    expect(listeners()).toBe(0);
    expect((await http.ask("/events")).status).toBe(503);
  });

  test("a client that goes while the server behind starts holds no place", async () => {
    const started = Promise.withResolvers<FakeWatch>();
    await using stack = new AsyncDisposableStack();
    const slow = new HttpUnderTest({ ports: { watch: () => started.promise } });
    stack.defer(() => slow.stop());
    const gone = new AbortController();
    const asked = fetch(`${slow.origin}/events`, {
      headers: BEARER,
      signal: gone.signal,
    }).catch(() => "gone");
    await until("a request", () => slow.signals.length > 0);
    gone.abort();
    expect(await asked).toBe("gone");
    await until("it is noticed", () => slow.signals[0]?.aborted);
    started.resolve(slow.watch);
    const stays = await EventClient.open(slow);
    await until("it holds none", () => slow.app.streams() === 1);
    stays.hangUp();
    await until("none is left", () => slow.app.streams() === 0);
  });

  test("a server behind that does not start is said, and holds no place", async () => {
    await using stack = new AsyncDisposableStack();
    const dead = new HttpUnderTest({
      ports: { watch: () => Promise.reject(new Error("no disk")) },
    });
    stack.defer(() => dead.stop());
    for (let i = 0; i < 60; i++)
      expect((await dead.ask("/events")).status).toBe(500);
  });
});
