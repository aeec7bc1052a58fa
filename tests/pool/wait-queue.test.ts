import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { WaitNode } from "../../flow-balancer/pool/flow.ts";
import { WaitQueueReference } from "./wait-queue-reference.ts";
import { AGE_MS, newQueue, SERVERS } from "./wait-queue-under-test.ts";

const session = fc.constantFrom(null, "a", "b", "c");
const kind = fc.constantFrom("k", "l", "m");
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("add" as const),
      session,
      kind,
      priority: fc.constantFrom(-2, 0, 0, 3),
      costMs: fc.constantFrom(0, 1, 10, 10, 70),
      dueInMs: fc.option(fc.constantFrom(0, 20, 50, 100, 200, 400)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("serve" as const),
      lookAheadMs: fc.nat(30),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("cancel" as const),
      at: fc.nat(60),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("block" as const),
      kind,
      on: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("park" as const),
      session,
      on: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("wait" as const),
      ms: fc.nat(120),
    }),
  },
);

describe("the wait queue", () => {
  test("gives out the same jobs in the same order as a list sorted anew each time, none twice, none lost", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 20, maxLength: 150, size: "max" }),
        (steps) => {
          const { queue, add } = newQueue();
          const model = new WaitQueueReference(SERVERS, AGE_MS);
          const all: WaitNode<string>[] = [];
          const gone = new Set<WaitNode<string>>();
          let now = 0;
          const leave = (node: WaitNode<string>, servedAt: number | null) => {
            expect(gone.has(node)).toBe(false);
            gone.add(node);
            model.leave(node, servedAt);
          };
          const serve = (lookAheadMs: number): boolean => {
            const node = queue.next(now, lookAheadMs);
            expect(node?.serial).toBe(model.next(now, lookAheadMs)?.serial);
            if (node === null) return false;
            queue.take(node, now);
            leave(node, now);
            return true;
          };
          for (const one of steps) {
            if (one.type === "add") {
              const { dueInMs, type: _, ...spec } = one;
              const latestStartAt = now + (dueInMs ?? Infinity);
              const node = add(
                { ...spec, latestStartAt, hopelessAt: latestStartAt + 50 },
                now,
              );
              all.push(node);
              model.add(node);
            } else if (one.type === "serve") serve(one.lookAheadMs);
            else if (one.type === "cancel") {
              const node = all[one.at % (all.length || 1)];
              if (node === undefined) continue;
              expect(queue.remove(node)).toBe(!gone.has(node));
              if (!gone.has(node)) leave(node, null);
            } else if (one.type === "block") {
              queue.setKindBlocked(one.kind, one.on);
              model.blocked[one.on ? "add" : "delete"](one.kind);
            } else if (one.type === "park") {
              queue.setSessionParked(one.session, one.on);
              if (!one.on) model.parked.delete(one.session);
              else if (
                model.nodes.some((it) => it.waiting.session === one.session)
              )
                model.parked.add(one.session);
            } else {
              now += one.ms;
              let lost = queue.expired(now);
              for (; lost !== null; lost = queue.expired(now)) {
                expect(lost.waiting.hopelessAt).toBeLessThan(now);
                leave(lost, null);
              }
              for (const { waiting } of model.nodes)
                expect(waiting.hopelessAt).toBeGreaterThanOrEqual(now);
            }
            expect(queue.size).toBe(model.nodes.length);
            expect([...queue].map(({ serial }) => serial).sort()).toEqual(
              model.nodes.map(({ serial }) => serial).sort(),
            );
          }
          for (const name of ["k", "l", "m"]) {
            queue.setKindBlocked(name, false);
            model.blocked.delete(name);
          }
          for (const name of [null, "a", "b", "c"]) {
            queue.setSessionParked(name, false);
            model.parked.delete(name);
          }
          while (serve(0));
          expect(gone.size).toBe(all.length);
          expect(queue.size).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });

  test("first in, first out within a session and priority", () => {
    const jobs = fc.array(fc.record({ session, kind }), { maxLength: 60 });
    fc.assert(
      fc.property(jobs, (jobs) => {
        const { add, serve } = newQueue();
        for (const job of jobs) add(job);
        const last = new Map<string | null, number>();
        for (let node = serve(); node !== null; node = serve()) {
          const name = node.waiting.session;
          expect(node.serial).toBeGreaterThan(last.get(name) ?? -1);
          last.set(name, node.serial);
        }
      }),
    );
  });

  test("whose latest start is near goes first in its priority, not before a higher one; whose is past goes back", () => {
    const { queue, add, serve } = newQueue();
    add();
    add({ session: "b", latestStartAt: 50, hopelessAt: 60 });
    add({ session: "c", latestStartAt: 5_000, hopelessAt: 5_010 });
    const urgent = add({ latestStartAt: 30, hopelessAt: 40 });
    const high = add({ priority: 1, session: "high" });
    expect(queue.next(0, 30)).toBe(high);
    serve();
    expect(queue.next(0, 30)).toBe(urgent);
    expect(queue.nextExpiryAt).toBe(40);
    for (const [now, lost] of [
      [40, null],
      [41, urgent],
      [41, null],
    ] as const)
      expect(queue.expired(now)).toBe(lost);
  });

  test("a worker's own: by session, by kind, parked or not", () => {
    const { queue, add } = newQueue();
    const [a, b] = [add({ session: "a" }), add({ session: "b", kind: "l" })];
    const high = add({ session: "b", priority: 2 });
    queue.setSessionParked("b", true);
    expect(queue.next(0)).toBe(a);
    expect(queue.nextOfKind("l", 0)).toBe(null);
    expect(queue.nextOfSession("b", null, 0)).toBe(high);
    expect(queue.nextOfSession("b", "l", 0)).toBe(b);
    queue.setKindBlocked("l", true);
    expect(queue.nextOfSession("b", "l", 0)).toBe(null);
    queue.setSessionParked("b", false);
    queue.setKindBlocked("l", false);
    expect(queue.nextOfKind("l", 0)).toBe(b);
    expect(queue.next(0)).toBe(high);
  });

  test("the backlog of a new job: higher priorities, its own session, and what takes turns with it", () => {
    const { queue, add } = newQueue();
    for (let i = 0; i < 5; i++) add({ session: "a" });
    add({ session: "b" });
    for (const priority of [1, -1]) add({ priority });
    add({ kind: "full" });
    queue.setKindBlocked("full", true);
    const workMs = (session: string, priority = 0) =>
      queue.backlog(priority, session, 10, 0).workMs;
    expect(workMs("a")).toBe(10 + 50 + 10);
    expect(workMs("b")).toBe(10 + 10 + 20);
    expect(workMs("new")).toBe(10 + 20);
    expect(queue.kindBacklog("full", 0).workMs).toBe(10);
  });
});
